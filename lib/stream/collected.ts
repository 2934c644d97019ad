// SPDX-License-Identifier: Apache-2.0
// All output of a process, kept for its result.
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
  #listening = false;

  /** `overflowed` is called for each piece past the limit, which is not kept. */
  constructor(stream: Output, limitBytes: number, overflowed: () => void) {
    this.#stream = stream;
    this.#limitBytes = limitBytes;
    this.#overflowed = overflowed;
    this.#timer = setTimeout(() => this.#listen(), SOON_MS);
    stream.on('newListener', this.#other);
  }

  /** After the process has ended: takes the rest. */
  async end(): Promise<void> {
    const stream = this.#stream;
    if (!this.#listening) {
      this.#forgetOthers();
      for (const piece of stream.takeRest()) this.#take(piece);
      return;
    }
    if (stream.readableEnded || stream.destroyed) return;
    // A process it left behind may hold the pipe; what was written until the end is
    // all that belongs to the result.
    await new Promise((resolve) => {
      stream.once('close', resolve);
      stream.finish();
    });
  }

  /** As UTF-8, without one line end at its end. */
  text(): string {
    return Buffer.concat(this.#pieces)
      .toString('utf8')
      .replace(/\r?\n$/, '');
  }

  // Who else listens takes nothing away.
  readonly #other = (event: string | symbol) => {
    if (event === 'data' || event === 'readable') this.#listen();
  };

  #forgetOthers(): void {
    clearTimeout(this.#timer);
    this.#stream.off('newListener', this.#other);
  }

  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.#forgetOthers();
    this.#stream.on('data', (piece: Buffer) => this.#take(piece));
  }

  #take(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes <= this.#limitBytes) this.#pieces.push(piece);
    else this.#overflowed();
  }
}
