// SPDX-License-Identifier: Apache-2.0
// How somebody who typed a command line knows an option.
import { RUN_FLAGS } from './flags.js';

// Of those that no row of the table names.
const OTHERS: Readonly<Record<string, string>> = { labels: 'label', network: 'network' };

/** `--mount source` for `mounts[0].source`; undefined for what no flag sets. */
export function flagOfOption(path: string): string | undefined {
  const [, option = '', rest = ''] = /^([A-Za-z]+)(?:\[\d+\])?(.*)$/s.exec(path) ?? [];
  const row = RUN_FLAGS.find((flag) => flag.option === option);
  const name = row?.name ?? (Object.hasOwn(OTHERS, option) ? OTHERS[option] : undefined);
  if (name === undefined) return undefined;
  return `--${name}${rest.startsWith('.') ? ` ${rest.slice(1)}` : ''}`;
}
