// SPDX-License-Identifier: Apache-2.0
// Starts a program of test/fixtures/programs as a process of its own, for tests
// of what happens to containers when their program ends.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freshRoot } from './boxes.js';

const folder = new URL('../fixtures/programs/', import.meta.url);

/** The file of a program. */
export function programFile(name: string): string {
  return fileURLToPath(new URL(`${name}.ts`, folder));
}

/** Starts `name` with the arguments; the first is by custom the engine's root. */
export function startProgram(
  name: string,
  args: string[],
  options: SpawnOptions = {},
): ChildProcess {
  const stdio: SpawnOptions['stdio'] = ['pipe', 'pipe', 'inherit'];
  return spawn(process.execPath, ['--import=tsx', programFile(name), ...args], {
    stdio,
    ...options,
  });
}

/** The next line that a program writes, as JSON. */
export function jsonLines(child: ChildProcess): () => Promise<Record<string, unknown>> {
  if (child.stdout === null) throw new Error('the program has no stdout');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the program ended before it said what was expected');
    return JSON.parse(value as string) as Record<string, unknown>;
  };
}

/** Runs a program to its end on a root of its own. */
export async function runProgram(
  name: string,
  { input = '', args = [] as string[] } = {},
): Promise<{ stdout: string; stderr: string; exitCode: number | null }> {
  const root = freshRoot();
  try {
    const child = startProgram(name, [root, ...args], { stdio: 'pipe' });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text;
      });
    }
    child.stdin?.end(input);
    const [exitCode] = (await once(child, 'close')) as [number | null];
    return { ...output, exitCode };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
