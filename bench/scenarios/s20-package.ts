// SPDX-License-Identifier: Apache-2.0
// What the package costs a program that only has it: time to import, memory,
// and how often an idle program with one finished container is woken.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context.js';
import { PACKAGE } from '../participants/slipway.js';
import { treeOf, wakeUps } from '../processes.js';
import { type Group, makeBar } from '../result.js';
import type { Scenario } from './scenario.js';

const IMPORT = `await import(${JSON.stringify(PACKAGE.href)});`;
const RSS = 'process.stdout.write(String(process.memoryUsage().rss));';
const FINISHED = `
const { Engine, Image, Container } = await import(${JSON.stringify(PACKAGE.href)});
const [root, folder] = process.argv.slice(1);
const engine = new Engine({ root });
const image = await Image.import(folder, { tag: 'bench:idle', engine });
const box = await Container.run({ image, command: ['/bin/true'], network: 'none', autoRemove: true, engine });
await box.wait();`;
// Waits on stdin, then closes what it has opened.
const WAIT = `
process.stdout.write('ready');
await new Promise((resolve) => process.stdin.once('end', resolve).resume());`;
const CLOSE = 'await engine[Symbol.asyncDispose]();';

interface Run {
  ms: number;
  rss: number;
}

function runNode(script: string): Run {
  const begin = performance.now();
  const args = ['--input-type=module', '--eval', `${script}${RSS}`];
  const rss = Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  return { ms: performance.now() - begin, rss };
}

function measureImport(context: Context): Group[] {
  const pairs = Array.from({ length: context.short ? 2 : 15 }, () => {
    context.signal.throwIfAborted();
    return { bare: runNode(''), ours: runNode(IMPORT) };
  });
  const times = pairs.map(({ bare, ours }) => ours.ms - bare.ms);
  const memory = pairs.map(({ bare, ours }) => (ours.rss - bare.rss) / 2 ** 20);
  return [
    {
      scenario: 'S20',
      title: 'import, above a bare node',
      unit: 'ms',
      better: 'less',
      bars: [makeBar('slipway', times)],
    },
    {
      scenario: 'S20',
      title: 'resident memory, above a bare node',
      unit: 'MiB',
      better: 'less',
      bars: [makeBar('slipway', memory)],
    },
  ];
}

async function waitForReady(child: ChildProcess): Promise<void> {
  let said = '';
  for await (const chunk of child.stdout ?? []) {
    said += chunk;
    if (said.endsWith('ready')) return;
  }
  throw new Error('the idle program ended early');
}

async function idleWakeUps(
  script: string,
  seconds: number,
  args: readonly string[],
): Promise<number> {
  const stdio = ['pipe', 'pipe', 'inherit'] as const;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, ...args], {
    stdio: [...stdio],
  });
  const ended = once(child, 'exit');
  await waitForReady(child);
  await sleep(1000);
  const before = wakeUps(treeOf(child.pid ?? 0));
  await sleep(seconds * 1000);
  const after = wakeUps(treeOf(child.pid ?? 0));
  child.stdin?.end();
  const [code] = await ended;
  if (code !== 0) throw new Error(`the idle program ended with ${code}`);
  return (after - before) / seconds;
}

async function measureIdle(context: Context): Promise<Group> {
  const seconds = context.short ? 0.5 : 3;
  const { dir, root } = context.workspace;
  const args = [join(dir, 'idle'), root];
  const ours = await idleWakeUps(`${FINISHED}${WAIT}${CLOSE}`, seconds, args);
  const bare = await idleWakeUps(WAIT, seconds, []);
  const bars = [makeBar('slipway', [ours]), makeBar('bare node', [bare])];
  return {
    scenario: 'S20',
    title: 'wake-ups a second when idle, helpers included',
    unit: '1/s',
    better: 'less',
    bars,
  };
}

const scenario: Scenario = {
  id: 'S20',
  title: 'import time, memory, idle wake-ups',
  async measure(context) {
    if (!context.participants.some(({ name }) => name === 'slipway')) return [];
    if (!existsSync(PACKAGE)) throw new Error('dist/ is missing: npm run build:ts');
    return [...measureImport(context), await measureIdle(context)];
  },
};

export default scenario;
