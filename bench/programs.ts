// SPDX-License-Identifier: Apache-2.0
// Compiles the C programs of bench/limit and reads the JSON they print.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sources = fileURLToPath(new URL('limit', import.meta.url));
const flags = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-static'];
const parts = [
  'report',
  'options',
  'clone',
  'files',
  'security',
  'device-program',
  'cgroup',
  'rootfs',
  'container',
];
const programs: Record<string, readonly string[]> = {
  'limit-run': parts,
  'limit-exec': parts,
  'limit-kill': parts,
  repeat: ['report'],
};

export interface Timing {
  microseconds: number[];
  startMicroseconds: number[];
  /** Median microseconds of each step. */
  stages: Record<string, number>;
}

export interface Churn {
  completed: number;
  seconds: number;
}

export function compilePrograms(folder: string): void {
  for (const [name, needed] of Object.entries(programs)) {
    const files = [name, ...needed].map((part) => join(sources, `${part}.c`));
    execFileSync('cc', [...flags, '-o', join(folder, name), ...files], { stdio: 'inherit' });
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

// The program has a process group of its own, so that what it started ends with it.
async function outputOf(child: ChildProcess, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  const stop = () => killGroup(child);
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  signal.addEventListener('abort', stop);
  try {
    await once(child, 'close');
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return Buffer.concat(chunks).toString();
}

/**
 * Runs a compiled program; its failure carries what it wrote to stderr, which is
 * a file: a container that stays behind would hold a pipe open.
 */
export async function runProgram<T extends Timing | Churn>(
  path: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<T> {
  const errors = `${path}.stderr`;
  const fd = openSync(errors, 'w+');
  try {
    const child = spawn(path, args, { stdio: ['ignore', 'pipe', fd], detached: true });
    const output = await outputOf(child, signal);
    signal.throwIfAborted();
    if (child.exitCode === 0) return JSON.parse(output) as T;
    const ending = child.signalCode ?? `exit code ${child.exitCode}`;
    throw new Error(
      `${basename(path)} ${args.join(' ')}: ${ending}\n${readFileSync(errors, 'utf8')}`,
    );
  } finally {
    closeSync(fd);
  }
}

/** Without the first value: it pays for the pages of a program that has just begun. */
export function warmed(values: readonly number[]): number[] {
  return values.slice(1);
}
