// SPDX-License-Identifier: Apache-2.0
// The worker of images on the supervisor: one request a job, with the end of a
// pipe for the archive. A closed pipe ends the job, so that is how to abort one.
import { closeSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import type { Supervisor } from '../engine/supervisor.js';
import { loadNative } from '../native.js';
import { Input } from '../stream/input.js';
import { Output } from '../stream/output.js';
import {
  type CopyRequest,
  type CopyResult,
  type ImageWorker,
  type PackJob,
  type PackResult,
  readWorkerResult,
  type UnpackJob,
  type UnpackRequest,
  type UnpackResult,
} from './worker.js';

export class SupervisorWorker implements ImageWorker {
  readonly #supervisor: () => Promise<Supervisor>;

  constructor(supervisor: () => Promise<Supervisor>) {
    this.#supervisor = supervisor;
  }

  unpack(request: UnpackRequest, signal?: AbortSignal): UnpackJob {
    const { ours, theirs } = loadNative().native.pipe('write');
    const input = new Input(ours);
    closeOnAbort(input, signal);
    return { input, result: this.#ask<UnpackResult>({ op: 'unpack', ...request }, theirs) };
  }

  pack(request: { readonly path: string }, signal?: AbortSignal): PackJob {
    const { ours, theirs } = loadNative().native.pipe('read');
    const output = new Output(ours);
    closeOnAbort(output, signal);
    return { output, result: this.#ask<PackResult>({ op: 'pack', ...request }, theirs) };
  }

  async copy(request: CopyRequest, signal?: AbortSignal): Promise<CopyResult> {
    signal?.throwIfAborted();
    return this.#ask<CopyResult>({ op: 'copy', ...request });
  }

  async remove(path: string): Promise<void> {
    await this.#ask({ op: 'remove', path });
  }

  async #ask<T>(request: object, fd?: number): Promise<T> {
    const sent = () => {
      if (fd !== undefined) closeSync(fd);
    };
    let supervisor: Supervisor;
    try {
      supervisor = await this.#supervisor();
    } catch (error) {
      sent();
      throw error;
    }
    const fds = fd === undefined ? [] : [fd];
    const answer = await supervisor.request('work', {}, JSON.stringify(request), fds, sent);
    return readWorkerResult<T>(answer.result);
  }
}

function closeOnAbort(stream: Readable | Writable, signal: AbortSignal | undefined): void {
  if (signal?.aborted) stream.destroy();
  const abort = () => stream.destroy();
  signal?.addEventListener('abort', abort, { once: true });
  stream.once('close', () => signal?.removeEventListener('abort', abort));
}
