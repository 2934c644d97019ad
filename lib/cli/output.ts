// SPDX-License-Identifier: Apache-2.0
// Writing to the descriptors 1 and 2 without Node's streams: those would make a
// pipe non-blocking, and with it the same pipe in a container that inherits it.
import { writeSync } from 'node:fs';

const RETRY_MS = 5;
const BROKEN_PIPE = 141; // 128 + SIGPIPE

export function print(text: string): void {
  writeAll(1, `${text}\n`);
}

export function warn(text: string): void {
  writeAll(2, `${text}\n`);
}

/** To standard error, as it is. */
export function show(text: string): void {
  writeAll(2, text);
}

function writeAll(fd: number, text: string): void {
  let bytes = Buffer.from(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Nobody reads any more: ended as a program is that does not ignore SIGPIPE.
      if (code === 'EPIPE') process.exit(BROKEN_PIPE);
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}
