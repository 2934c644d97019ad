// SPDX-License-Identifier: Apache-2.0
// What package.json says. Both this source and the pieces it is compiled into
// lie one folder below it.
import { readFileSync } from 'node:fs';

export function packageVersion(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
