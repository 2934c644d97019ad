// SPDX-License-Identifier: Apache-2.0
// What images need of an engine: work on files by its supervisor, and locks.
import { onAbort } from '../abort.js';
import type { FileLock } from '../image/engine.js';
import type {
  CopyRequest,
  CopyResult,
  ImageWorker,
  PackJob,
  PackResult,
  UnpackJob,
  UnpackRequest,
  UnpackResult,
} from '../image/worker.js';
import { loadNative } from '../native.js';
import { Input } from '../stream/input.js';
import { Output } from '../stream/output.js';
import type { Answer, Supervisor } from './supervisor.js';

export function imageWorker(supervisor: () => Promise<Supervisor>): ImageWorker {
  const work = async <T>(
    request: object,
    signal?: AbortSignal,
    fds: readonly number[] = [],
  ): Promise<T> => {
    const close = () => {
      for (const fd of fds) loadNative().native.close(fd);
    };
    let host: Supervisor;
    try {
      host = await supervisor();
    } catch (error) {
      close();
      throw error;
    }
    const sent = host.startWork(JSON.stringify(request), fds, close);
    const cancel = () => sent.cancel();
    const forget = signal === undefined ? undefined : onAbort(signal, cancel);
    if (signal?.aborted) cancel();
    try {
      const answer: Answer = await sent.answer;
      return answer.result as T;
    } finally {
      forget?.();
    }
  };
  return {
    unpack(request: UnpackRequest, signal?: AbortSignal): UnpackJob {
      const pipe = loadNative().native.pipe('write');
      const result = work<UnpackResult>({ op: 'unpack', ...request }, signal, [pipe.theirs]);
      return { input: new Input(pipe.ours), result };
    },
    pack(request: { readonly path: string }, signal?: AbortSignal): PackJob {
      const pipe = loadNative().native.pipe('read');
      const result = work<PackResult>({ op: 'pack', ...request }, signal, [pipe.theirs]);
      return { output: new Output(pipe.ours), result };
    },
    copy: (request: CopyRequest, signal?: AbortSignal) =>
      work<CopyResult>({ op: 'copy', ...request }, signal),
    async move(source: string, destination: string): Promise<void> {
      await work({ op: 'move', source, destination });
    },
    async remove(path: string, signal?: AbortSignal): Promise<void> {
      await work({ op: 'remove', path }, signal);
    },
  };
}

const FIRST_RETRY_MS = 2;
const LAST_RETRY_MS = 100;

/** flock(2) without a thread that waits: asked again at growing intervals. */
export const fileLock: FileLock = {
  async lock(fd, mode) {
    let delay = FIRST_RETRY_MS;
    while (!loadNative().native.tryLock(fd, mode)) {
      await new Promise((resolve) => setTimeout(resolve, delay));
      delay = Math.min(delay * 2, LAST_RETRY_MS);
    }
  },
  tryLock: (fd) => Promise.resolve(loadNative().native.tryLock(fd, 'exclusive')),
};
