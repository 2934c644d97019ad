// SPDX-License-Identifier: Apache-2.0
// What a scenario answers: groups of bars that may be compared with each other.
import { type Summary, summarize } from './stats.js';

export interface Bar {
  name: string;
  summary: Summary;
  /** Processor milliseconds of the whole machine for each operation. */
  cpuMs?: number;
  notes: readonly string[];
}

export interface Group {
  scenario: string;
  title: string;
  unit: string;
  better: 'less' | 'more';
  bars: Bar[];
}

export function makeBar(
  name: string,
  values: readonly number[],
  notes: readonly string[] = [],
): Bar {
  return { name, summary: summarize(values), notes };
}

/** How many times worse ours is than theirs, by medians; below 1 ours is better. */
export function ratio(group: Group, ours: string, theirs: string): number | undefined {
  const find = (name: string) => group.bars.find((bar) => bar.name === name)?.summary.p50;
  const [mine, other] = [find(ours), find(theirs)];
  if (!mine || !other) return undefined;
  return group.better === 'less' ? mine / other : other / mine;
}
