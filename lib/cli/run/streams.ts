// SPDX-License-Identifier: Apache-2.0
// The streams between this command and a container, where they are copied.
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Container } from '../../index.js';
import { Failure } from './failure.js';
import type { Attached } from './request.js';
import type { StdioPlan } from './stdio.js';

export interface Streams {
  /** Resolves when all output was written. */
  readonly drained: Promise<unknown>;
  /** Rejects when input or output cannot be copied. */
  readonly failed: Promise<never>;
  /** Lets go of our standard input and gives its terminal its modes back. Idempotent. */
  close(): void;
}

// The other side has gone, which is its right.
const GONE: readonly string[] = ['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'];

export function connectPipes(box: Container, plan: StdioPlan): Streams {
  const failure = new Failure();
  const outputs: Promise<void>[] = [];
  if (plan.stdout === 'pipe') outputs.push(copyOutput(box.stdout, process.stdout, failure));
  if (plan.stderr === 'pipe') outputs.push(copyOutput(box.stderr, process.stderr, failure));
  const close = plan.stdin === 'pipe' ? copyInput(box, failure) : () => {};
  return { drained: Promise.all(outputs), failed: failure.promise, close };
}

/** With a terminal all output is one stream, and Ctrl-C is a key like others. */
export function connectTerminal(box: Container, attached: Attached): Streams {
  const failure = new Failure();
  const shown = attached.stdout || attached.stderr;
  if (!shown) box.stdout.resume();
  const drained = shown ? copyOutput(box.stdout, process.stdout, failure) : Promise.resolve();
  const resize = () => {
    const size = windowSize();
    if (size !== undefined && box.running) box.resize(size.rows, size.columns);
  };
  process.stdout.on('resize', resize);
  resize(); // It may have changed since the start.
  if (attached.stdin) process.stdin.setRawMode(true);
  const closeInput = attached.stdin ? copyInput(box, failure) : () => {};
  const close = () => {
    process.stdout.off('resize', resize);
    closeInput();
    if (attached.stdin) process.stdin.setRawMode(false);
  };
  return { drained, failed: failure.promise, close };
}

/** Of our terminal; undefined where output does not go to one. */
export function windowSize(): { rows: number; columns: number } | undefined {
  if (!process.stdout.isTTY) return undefined;
  const [columns, rows] = process.stdout.getWindowSize();
  // Some terminals have no size; the container's then has none either.
  return rows > 0 && columns > 0 ? { rows, columns } : undefined;
}

// Not pipeline(): that would close our standard input, and with it lose the
// way to reset its terminal.
function copyInput(box: Container, failure: Failure): () => void {
  const { stdin } = box;
  stdin.on('error', (error) => {
    process.stdin.unpipe(stdin);
    if (!isGone(error)) failure.fail(error);
  });
  process.stdin.on('error', failure.fail);
  process.stdin.pipe(stdin);
  return () => {
    process.stdin.unpipe(stdin);
    process.stdin.pause();
  };
}

async function copyOutput(from: Readable, to: Writable, failure: Failure): Promise<void> {
  try {
    await pipeline(from, to, { end: false });
  } catch (error) {
    if (!isGone(error)) failure.fail(error);
  }
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code !== undefined && GONE.includes(code);
}
