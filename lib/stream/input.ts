// SPDX-License-Identifier: Apache-2.0
// Standard input of a process as a Node stream: writes a descriptor that does
// not block, on the event loop.
import { constants } from 'node:os';
import { Writable } from 'node:stream';
import { fromNative } from '../errors.js';
import { loadNative, type NativeWatcher } from '../native.js';

const { EAGAIN } = constants.errno;

type Done = (error?: Error | null) => void;

/** Standard input of a process, or a terminal's keyboard: a `Writable` of bytes. */
export class Input extends Writable {
  readonly #fd: number;
  readonly #keepOpen: boolean;
  #watcher: NativeWatcher | undefined;
  #opened = true;

  /** @internal `keepOpen`: the descriptor is a terminal that others read. */
  constructor(fd: number, keepOpen = false) {
    super();
    this.#fd = fd;
    this.#keepOpen = keepOpen;
  }

  /** @internal The descriptor while it is open. */
  get fd(): number | undefined {
    return this.#opened ? this.#fd : undefined;
  }

  /** @internal */
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#push(chunk, 0, done);
  }

  /** @internal */
  override _final(done: Done): void {
    this.#close();
    done();
  }

  /** @internal */
  override _destroy(error: Error | null, done: Done): void {
    this.#close();
    done(error);
  }

  #push(chunk: Buffer, from: number, done: Done): void {
    const { native } = loadNative();
    let offset = from;
    while (offset < chunk.length) {
      const n = native.write(this.#fd, chunk, offset);
      if (n === -EAGAIN) {
        this.#waitWritable(chunk, offset, done);
        return;
      }
      if (n < 0) {
        done(fromNative({ step: 'write input', syscall: 'write', path: '', errno: -n }));
        return;
      }
      offset += n;
    }
    done();
  }

  #waitWritable(chunk: Buffer, offset: number, done: Done): void {
    const { native } = loadNative();
    const watcher = new native.Watcher(this.#fd, 'write', () => {
      watcher.close();
      this.#watcher = undefined;
      if (this.#opened) this.#push(chunk, offset, done);
    });
    this.#watcher = watcher;
    watcher.start();
  }

  #close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    if (this.#opened && !this.#keepOpen) loadNative().native.close(this.#fd);
    this.#opened = false;
  }
}
