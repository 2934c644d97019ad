// SPDX-License-Identifier: Apache-2.0
// All output of a process, kept for its result, whatever its reader does with the stream.
import type { Output } from './output.js';

// What is written until then waits in the pipe, and most processes have ended.
const SOON_MS = 2;

export class Collected {
  readonly #stream: Output;
  readonly #limitBytes: number;
  readonly #overflowed: () => void;
  readonly #timer: NodeJS.Timeout;
  readonly #pieces: Buffer[] = [];
  #bytes = 0;
  #reading = false;

  /** `overflowed` is called for each piece past the limit, which is not kept. */
  constructor(stream: Output, limitBytes: number, overflowed: () => void) {
    this.#stream = stream;
    this.#limitBytes = limitBytes;
    this.#overflowed = overflowed;
    // Below the stream: its reader may decode, pause or be slow.
    stream.tap((piece) => this.#take(piece));
    this.#timer = setTimeout(() => this.#read(), SOON_MS);
  }

  /** After the process has ended: takes the rest. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    const stream = this.#stream;
    if (!this.#reading && stream.readableFlowing === null) {
      stream.dropRest();
      return;
    }
    // A process it left behind may hold the pipe; what was written until the end is
    // all that belongs to the result.
    stream.finish();
    if (stream.readableFlowing) await readToEnd(stream);
  }

  /** As UTF-8, without one line end at its end. */
  text(): string {
    return Buffer.concat(this.#pieces)
      .toString('utf8')
      .replace(/\r?\n$/, '');
  }

  #read(): void {
    this.#reading = true;
    if (this.#stream.readableFlowing === null) this.#stream.resume();
    // What is past the limit ends the process, so there is an end to it.
    this.#stream.readAhead(Number.POSITIVE_INFINITY);
  }

  #take(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes <= this.#limitBytes) this.#pieces.push(piece);
    else this.#overflowed();
  }
}

// Who listens has heard all before the result is there, but need not go on listening.
function readToEnd(stream: Output): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      stream.off('close', settle).off('pause', settle);
      resolve();
    };
    if (stream.closed) return resolve();
    stream.on('close', settle).on('pause', settle);
  });
}
