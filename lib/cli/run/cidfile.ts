// SPDX-License-Identifier: Apache-2.0
// `--cidfile`: made before the container, so that two commands cannot share it.
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { PlainError } from '../usage-error.js';

export class CidFile {
  readonly #path: string;
  #fd: number | undefined;
  #written = false;

  constructor(path: string) {
    this.#path = path;
    try {
      this.#fd = openSync(path, 'wx', 0o644);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const remedy = `make sure the other container isn't running or delete ${path}`;
      throw new PlainError(`container ID file found, ${remedy}`, 125);
    }
  }

  write(id: string): void {
    if (this.#fd !== undefined) writeSync(this.#fd, id);
    this.#written = true;
  }

  /** Leaves no empty file behind. */
  close(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
    if (!this.#written) rmSync(this.#path, { force: true });
  }
}
