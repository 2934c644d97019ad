// SPDX-License-Identifier: Apache-2.0
// One line on the terminal that tells how far an import is.
import { isatty } from 'node:tty';
import type { ImportProgress } from '../../image/import.js';
import { sizeText } from '../format/words.js';
import { show } from '../output.js';

const INTERVAL_MS = 100;
const CLEAR_LINE = '\r\x1b[K';

/** Nothing where standard error is not a terminal. */
export class ProgressLine {
  readonly #shown = isatty(2);
  #last = 0;
  #drawn = false;

  readonly update = ({ bytes, totalBytes }: ImportProgress): void => {
    const now = Date.now();
    if (!this.#shown || now - this.#last < INTERVAL_MS) return;
    this.#last = now;
    this.#drawn = true;
    const share = totalBytes ? ` of ${sizeText(totalBytes)}` : '';
    show(`${CLEAR_LINE}Importing: ${sizeText(bytes)}${share}`);
  };

  clear(): void {
    if (this.#drawn) show(CLEAR_LINE);
    this.#drawn = false;
  }
}
