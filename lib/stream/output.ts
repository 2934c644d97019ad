// SPDX-License-Identifier: Apache-2.0
// Output of a process as a Node stream: reads a descriptor that does not block,
// on the event loop.
import { constants } from 'node:os';
import { Readable } from 'node:stream';
import { fromNative } from '../errors.js';
import { loadNative, type NativeWatcher } from '../native.js';

const CHUNK = 64 * 1024;
// What can wait in a pipe (pipe(7)). A process that was left behind may go on
// writing, so there is an end to reading the rest.
const MOST_LEFT = 1024 * 1024;
const { EAGAIN, EIO } = constants.errno;

// Read into by all streams in turn: most reads find nothing or little.
let scratch: Buffer | undefined;

// Small pieces are copied, so that a line does not hold 64 KiB.
function takeScratch(length: number): Buffer {
  const filled = (scratch as Buffer).subarray(0, length);
  if (length < CHUNK / 4) return Buffer.from(filled);
  scratch = undefined;
  return filled;
}

/**
 * Standard output or error of a process, or a terminal's output.
 *
 * A `Readable` of bytes; {@link Output.lines} iterates lines.
 *
 * @example
 * ```ts
 * for await (const line of box.stdout.lines()) console.log(line);
 * ```
 */
export class Output extends Readable {
  readonly #fd: number;
  readonly #terminal: boolean;
  #watcher: NativeWatcher | undefined;
  #opened = true;
  #finishing = false;
  #aheadBytes = 0;
  #readBytes = 0;
  #tap: (piece: Buffer) => void = () => {};

  /** @internal */
  constructor(fd: number, terminal = false) {
    super({ highWaterMark: CHUNK });
    this.#fd = fd;
    this.#terminal = terminal;
  }

  /** @internal The descriptor while it is open. */
  get fd(): number | undefined {
    return this.#opened ? this.#fd : undefined;
  }

  /** Lines without their line ends, decoded as UTF-8. */
  async *lines(): AsyncIterableIterator<string> {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of this) {
      // After setEncoding() they are texts already.
      const text =
        typeof chunk === 'string' ? chunk : decoder.decode(chunk as Buffer, { stream: true });
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) yield line.endsWith('\r') ? line.slice(0, -1) : line;
    }
    rest += decoder.decode();
    if (rest !== '') yield rest;
  }

  /** All output as text, once it has ended. */
  async text(): Promise<string> {
    const chunks: (Buffer | string)[] = [];
    for await (const chunk of this) chunks.push(chunk as Buffer | string);
    if (this.readableEncoding !== null) return chunks.join('');
    return Buffer.concat(chunks as Buffer[]).toString('utf8');
  }

  /** @internal Hands on each piece as it was read, before the stream decodes or keeps it. */
  tap(take: (piece: Buffer) => void): void {
    this.#tap = take;
  }

  /**
   * @internal Reads on although nobody takes the output, up to `limitBytes` in
   * memory, so that the process need not wait for a reader.
   */
  readAhead(limitBytes: number): void {
    this.#aheadBytes = limitBytes;
    this._read();
  }

  /** @internal The process has ended: what is in the pipe now is the rest, read or not. */
  finish(): void {
    this.#finishing = true;
    const most = this.#readBytes + MOST_LEFT;
    while (this.#opened && this.#readBytes < most) this.#readOnce();
    if (!this.#opened) return;
    this.#close();
    this.push(null);
  }

  /** @internal The same where nobody listens: only the tap gets what is left. */
  dropRest(): void {
    if (!this.#opened) return;
    let piece = this.#readPiece();
    for (let bytes = 0; typeof piece !== 'number' && bytes < MOST_LEFT; ) {
      bytes += piece.length;
      piece = this.#readPiece();
    }
    this.#finishing = true;
    this.#ended(typeof piece === 'number' ? piece : 0);
    this.resume();
  }

  /** @internal */
  override _read(): void {
    if (!this.#opened || this.#finishing) return;
    this.#watcher ??= new (loadNative().native.Watcher)(this.#fd, 'read', () => this.#readOnce());
    this.#watcher.start();
  }

  /** @internal */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#close();
    done(error);
  }

  /** What there is to read, or what read(2) answers where there is nothing. */
  #readPiece(): Buffer | number {
    scratch ??= Buffer.allocUnsafeSlow(CHUNK);
    const n = loadNative().native.read(this.#fd, scratch);
    if (n <= 0) return n;
    const piece = takeScratch(n);
    this.#tap(piece);
    return piece;
  }

  #readOnce(): void {
    const piece = this.#readPiece();
    if (typeof piece !== 'number') {
      this.#readBytes += piece.length;
      const wanted = this.push(piece) || this.readableLength < this.#aheadBytes;
      if (!wanted) this.#watcher?.stop();
      return;
    }
    if (piece !== -EAGAIN || this.#finishing) this.#ended(piece);
  }

  /** `n` is what read(2) answered at last. */
  #ended(n: number): void {
    this.#close();
    // A terminal answers EIO once the last process has closed it.
    const ended = n === 0 || n === -EAGAIN || (n === -EIO && this.#terminal);
    if (ended) this.push(null);
    else this.destroy(fromNative({ step: 'read output', syscall: 'read', path: '', errno: -n }));
  }

  #close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    if (this.#opened) loadNative().native.close(this.#fd);
    this.#opened = false;
  }
}
