// SPDX-License-Identifier: Apache-2.0
// Folders with those above them.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fromSystem } from './errors.js';

/**
 * As mkdir -p. The recursive form of node:fs never ends where a name that is not there cannot
 * be made, as below /proc.
 */
export function makeFolders(path: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let part = path; !existsSync(part); part = dirname(part)) missing.unshift(part);
  for (const part of missing) {
    try {
      mkdirSync(part, { mode });
    } catch (error) {
      // Made by somebody else at the same time.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw fromSystem(error, 'make folder');
      }
    }
  }
}
