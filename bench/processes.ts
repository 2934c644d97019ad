// SPDX-License-Identifier: Apache-2.0
// Reading /proc: who descends from a process, and how often its threads ran.
import { readdirSync, readFileSync } from 'node:fs';

/** A file of /proc or of a cgroup, empty when its owner has gone since it was listed. */
export function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'ENODEV') return '';
    throw error;
  }
}

function parentOf(pid: number): number {
  const stat = readOrNothing(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

/** A process and all that descend from it. */
export function treeOf(pid: number): number[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const parents = new Map(all.map((each) => [each, parentOf(each)]));
  const below = (parent: number): number[] =>
    [...parents].filter(([, of]) => of === parent).flatMap(([child]) => [child, ...below(child)]);
  return [pid, ...below(pid)];
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** How often all threads of these processes have gone to sleep, which is as often as they woke. */
export function wakeUps(pids: readonly number[]): number {
  const counts = pids.flatMap(threadsOf).map((thread) => {
    const found = /^voluntary_ctxt_switches:\s+(\d+)/m.exec(readOrNothing(`${thread}/status`));
    return Number(found?.[1] ?? 0);
  });
  return counts.reduce((sum, count) => sum + count, 0);
}
