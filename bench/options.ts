// SPDX-License-Identifier: Apache-2.0
// The command line of `npm run bench`.
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Scenario ids; empty means all. */
  scenarios: string[];
  /** Participant names; empty means every one found. */
  participants: string[];
  short: boolean;
  installPeers: boolean;
  json?: string;
  svg?: string;
  /** Where the root file system and all stores lie for the time of the run. */
  work: string;
}

export const USAGE = `npm run bench -- [--scenario S1,S5] [--participants slipway,limit] [--short]
                 [--install-peers] [--json FILE] [--svg FILE] [--work DIR]`;

function list(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(',').filter((word) => word !== '');
}

export function parseOptions(args: readonly string[], known: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: 'string' },
      participants: { type: 'string' },
      short: { type: 'boolean', default: false },
      'install-peers': { type: 'boolean', default: false },
      json: { type: 'string' },
      svg: { type: 'string' },
      work: { type: 'string', default: tmpdir() },
    },
  });
  const scenarios = list(values.scenario).map((id) => id.toUpperCase());
  const unknown = scenarios.find((id) => !known.includes(id));
  if (unknown !== undefined)
    throw new Error(`no scenario ${unknown}: known are ${known.join(' ')}`);
  return {
    scenarios,
    participants: list(values.participants),
    short: values.short,
    installPeers: values['install-peers'],
    work: values.work,
    ...(values.json !== undefined && { json: values.json }),
    ...(values.svg !== undefined && { svg: values.svg }),
  };
}
