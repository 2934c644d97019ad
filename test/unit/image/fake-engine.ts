// SPDX-License-Identifier: Apache-2.0
// An engine for the store's own logic: real files and real locks, but a worker
// that keeps the archive as one file instead of unpacking it.
import { spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { ImageEngine, ImageUser } from '../../../lib/image/engine.js';
import type {
  ImageWorker,
  PackJob,
  UnpackJob,
  UnpackRequest,
  UnpackResult,
} from '../../../lib/image/worker.js';

const counts = { squashedOwners: 0, skippedXattrs: 0, droppedXattrs: 0 };

export class FakeWorker implements ImageWorker {
  move(source: string, destination: string): Promise<void> {
    return rename(source, destination);
  }

  readonly unpacked: UnpackRequest[] = [];
  readonly removed: string[] = [];
  /** What the next unpack answers instead of a result; it then reads no more input. */
  answer: unknown;
  packed: Uint8Array = Buffer.from('packed');
  packFailure: Error | undefined;

  unpack(request: UnpackRequest, signal?: AbortSignal): UnpackJob {
    this.unpacked.push(request);
    const input = createWriteStream(join(request.path, 'archive'));
    return { input, result: this.#result(input, signal) };
  }

  pack(): PackJob {
    const { packFailure, packed } = this;
    const result = packFailure
      ? Promise.reject(packFailure)
      : Promise.resolve({ entries: 1, archiveBytes: 1, skippedSockets: 0, skippedMounts: 0 });
    return { output: Readable.from([packed], { objectMode: false }), result };
  }

  copy(): Promise<never> {
    return Promise.reject(new Error('nothing copies'));
  }

  async remove(path: string): Promise<void> {
    this.removed.push(path);
    await rm(path, { recursive: true, force: true });
  }

  async #result(
    input: ReturnType<typeof createWriteStream>,
    signal: AbortSignal | undefined,
  ): Promise<UnpackResult> {
    if (this.answer instanceof Error) throw this.answer;
    if (this.answer !== undefined) return this.answer as UnpackResult;
    await finished(input, { signal }).catch(() => undefined);
    signal?.throwIfAborted();
    const bytes = input.bytesWritten;
    const sizes = { entries: 1, fileBytes: bytes, archiveBytes: bytes };
    return { ...sizes, skippedDevices: 0, whiteouts: 0, ...counts };
  }
}

function flock(fd: number, ...flags: string[]): boolean {
  const stdio = ['ignore', 'inherit', 'inherit', fd] as const;
  return spawnSync('flock', [...flags, '3'], { stdio: [...stdio] }).status === 0;
}

/** As {@link ImageStore} takes it for pins. */
export const share = (fd: number) => flock(fd, '--nonblock', '--shared');

export class FakeEngine implements ImageEngine, AsyncDisposable {
  readonly imageWorker = new FakeWorker();
  readonly users = new Map<string, ImageUser>();
  readonly fileLock = {
    lock: async (fd: number, mode: 'exclusive' | 'shared') => {
      while (!flock(fd, '--nonblock', `--${mode}`)) {
        await setTimeout(5);
        await setImmediate(); // asking takes longer than waiting: files get their turn here
      }
    },
    tryLock: (fd: number) => Promise.resolve(flock(fd, '--nonblock', '--exclusive')),
  };
  readonly #closers: (() => void)[] = [];

  private constructor(readonly root: string) {}

  static async create(root?: string): Promise<FakeEngine> {
    return new FakeEngine(root ?? (await mkdtemp(join(tmpdir(), 'slipway-images-'))));
  }

  imageUser(imageId: string): Promise<ImageUser | undefined> {
    return Promise.resolve(this.users.get(imageId));
  }

  onClose(callback: () => void): void {
    this.#closers.push(callback);
  }

  close(): void {
    for (const callback of this.#closers) callback();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await rm(this.root, { recursive: true, force: true });
  }
}
