// SPDX-License-Identifier: Apache-2.0
// Runs the command `slipway` as a user does: in a shell, or on a terminal.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url));
const cwd = fileURLToPath(new URL('../..', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Settings {
  readonly root: string;
  readonly input?: string;
  /** Called with all output so far, after each piece of it. */
  readonly onOutput?: (output: string, child: Running) => void;
}

export interface Running {
  readonly pid: number;
  type(keys: string): void;
  signal(name: NodeJS.Signals): void;
}

/** Runs `slipway` with these arguments; its streams are pipes. */
export function slipway(args: readonly string[], settings: Settings): Promise<Outcome> {
  return run(process.execPath, ['--import=tsx', main, ...args], settings);
}

/** Runs a line of shell, in which `$SLIPWAY` is the command. */
export function shell(line: string, settings: Settings): Promise<Outcome> {
  return run('sh', ['-c', line], settings);
}

/** Runs a line of shell on a terminal of its own; what is seen is `stdout`. */
export function onTerminal(line: string, settings: Settings): Promise<Outcome> {
  return run('script', ['-qefc', line, '/dev/null'], settings);
}

async function run(file: string, args: readonly string[], settings: Settings): Promise<Outcome> {
  const { root, input, onOutput } = settings;
  const SLIPWAY = `${process.execPath} --import=tsx ${main}`;
  const env = { ...process.env, SLIPWAY_ROOT: root, SLIPWAY, TERM: 'xterm', SHELL: '/bin/sh' };
  const child = spawn(file, args, { cwd, env });
  const running: Running = {
    pid: child.pid ?? 0,
    type: (keys) => child.stdin.write(keys),
    signal: (name) => child.kill(name),
  };
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    onOutput?.(stdout, running);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A terminal's keyboard stays open; a program may end without reading it all.
  child.stdin.on('error', () => undefined);
  if (file !== 'script') child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  child.stdin.destroy();
  return { code, stdout, stderr };
}

/** Does `act` once, when `text` has been seen. */
export function when(
  text: string,
  act: (child: Running) => void,
): (output: string, child: Running) => void {
  let done = false;
  return (output, child) => {
    if (done || !output.includes(text)) return;
    done = true;
    act(child);
  };
}
