// SPDX-License-Identifier: Apache-2.0
// The kernel takes network namespaces apart later, in one queue, in order. A
// namespace of our own is put at its end with one end of a veth pair inside:
// when the end outside is gone, all that came before is too.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const LINK = `sb${process.pid % 1_000_000}`;
const LONGEST_MS = 60_000;

async function until(done: () => boolean, what: string): Promise<void> {
  const end = performance.now() + LONGEST_MS;
  while (!done()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${LONGEST_MS} ms`);
    await sleep(1);
  }
}

async function holdNamespace(): Promise<ChildProcess> {
  const own = readlinkSync('/proc/self/ns/net');
  const holder = spawn('unshare', ['--net', 'sleep', `${LONGEST_MS}`], { stdio: 'ignore' });
  await once(holder, 'spawn');
  await until(() => readlinkSync(`/proc/${holder.pid}/ns/net`) !== own, 'unshare --net');
  return holder;
}

export const canDrain = (): boolean => spawnSync('ip', ['-V'], { stdio: 'ignore' }).status === 0;

/** Waits until every network namespace given up so far is gone; milliseconds from now. */
export async function drainNamespaces(): Promise<number> {
  const begin = performance.now();
  const holder = await holdNamespace();
  try {
    const peer = ['type', 'veth', 'peer', 'name', `${LINK}p`, 'netns', `${holder.pid}`];
    execFileSync('ip', ['link', 'add', LINK, ...peer]);
  } finally {
    const ended = once(holder, 'exit');
    holder.kill('SIGKILL');
    await ended;
  }
  await until(() => !existsSync(`/sys/class/net/${LINK}`), 'network namespaces to go');
  return performance.now() - begin;
}
