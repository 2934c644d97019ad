// SPDX-License-Identifier: Apache-2.0
// Measuring a command line through the small C program that spawns it.
import { join } from 'node:path';
import type { Setting } from '../context.js';
import { type Churn, runProgram, type Timing, warmed } from '../programs.js';
import type { Batch, Load } from './participant.js';

export interface RepeatOptions {
  firstByte?: boolean;
  /** A shell command run before each sample, untimed; `{}` as in the command. */
  before?: string;
  /** A file the command finds open as descriptor 9. */
  descriptor?: string;
  /** A mount the command must not see. */
  unmount?: string;
}

function flags({ firstByte, before, descriptor, unmount }: RepeatOptions): string[] {
  return [
    ...(firstByte ? ['--first-byte'] : []),
    ...(before ? ['--before', before] : []),
    ...(descriptor ? ['--fd9', descriptor] : []),
    ...(unmount ? ['--unmount', unmount] : []),
  ];
}

export async function repeat(
  { programs, signal }: Setting,
  { samples, idleMs }: Batch,
  command: readonly string[],
  options: RepeatOptions = {},
): Promise<number[]> {
  const counts = ['--iterations', `${samples + 1}`, '--idle-ms', `${idleMs}`];
  const args = [...counts, ...flags(options), '--', ...command];
  const timing = await runProgram<Timing>(join(programs, 'repeat'), args, signal);
  return warmed(timing.microseconds);
}

export function repeatParallel(
  { programs, signal }: Setting,
  { parallel, seconds }: Load,
  command: readonly string[],
  options: RepeatOptions = {},
): Promise<Churn> {
  const load = ['--parallel', `${parallel}`, '--seconds', `${seconds}`];
  const args = [...load, ...flags(options), '--', ...command];
  return runProgram<Churn>(join(programs, 'repeat'), args, signal);
}

/** Runs a command once and waits for it, as `repeat` would. */
export async function once(
  { programs, signal }: Setting,
  command: readonly string[],
  options: RepeatOptions = {},
): Promise<void> {
  await runProgram<Timing>(join(programs, 'repeat'), [...flags(options), '--', ...command], signal);
}
