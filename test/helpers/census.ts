// SPDX-License-Identifier: Apache-2.0
// Counts what a container may leave behind, so that a test can show it did not.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

const CGROUP_ROOT = '/sys/fs/cgroup';
const SETTLE_MS = 3000;

/** What was there at one moment; each entry is one thing, named. */
export interface Census {
  fds: string[];
  processes: string[];
  mounts: string[];
  cgroups: string[];
  interfaces: string[];
}

// Things that vanish while they are being looked at are not there.
function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'ENODEV') return undefined;
    throw error;
  }
}

// Inode numbers and the like are left out: "socket:[1234]" counts as "socket".
function openFds(): string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => ifThere(() => readlinkSync(`/proc/self/fd/${fd}`)))
    .filter((target) => target !== undefined)
    .map((target) => target.replace(/:\[\d+\]$/, ''))
    .sort();
}

interface ProcessEntry {
  pid: number;
  parent: number;
  name: string;
}

function readProcess(pid: number): ProcessEntry | undefined {
  const stat = ifThere(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The name is in brackets and may itself hold brackets and spaces.
  const match = stat?.match(/^\d+ \((.*)\) \S (\d+)/s);
  return match ? { pid, parent: Number(match[2]), name: match[1] ?? '' } : undefined;
}

function descendants(): string[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((entry) => entry !== undefined);
  const found: ProcessEntry[] = [];
  const collect = (parent: number): void => {
    for (const entry of all.filter((candidate) => candidate.parent === parent)) {
      found.push(entry);
      collect(entry.pid);
    }
  };
  collect(process.pid);
  return found.map((entry) => entry.name).sort();
}

function mountPoints(): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n');
  return lines.map((line) => line.split(' ')[4] ?? '').sort();
}

function subfolders(folder: string): string[] {
  const entries = ifThere(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}

function below(folder: string): string[] {
  return subfolders(folder).flatMap((child) => [child, ...below(child)]);
}

// On version 1 each controller is a folder of the root and may hold a "slipway";
// on version 2 the root itself does. Below are the engines, each named after its
// process: those of others may come and go meanwhile.
function slipwayCgroups(): string[] {
  const tops = subfolders(CGROUP_ROOT);
  return [...tops, ...tops.flatMap(subfolders)]
    .filter((folder) => basename(folder) === 'slipway')
    .flatMap(subfolders)
    .filter((folder) => basename(folder).startsWith(`${process.pid}-`))
    .flatMap((folder) => [folder, ...below(folder)])
    .sort();
}

/** Everything countable that this process and its engines have now. */
export function census(): Census {
  return {
    fds: openFds(),
    processes: descendants(),
    mounts: mountPoints(),
    cgroups: slipwayCgroups(),
    interfaces: readdirSync('/sys/class/net').sort(),
  };
}

/**
 * The census once it stands still: engines of other tests in this process may
 * still be getting their next containers ready.
 */
export async function settledCensus(): Promise<Census> {
  for (let last = census(); ; ) {
    await delay(300);
    const next = census();
    if (isDeepStrictEqual(next, last)) return next;
    last = next;
  }
}

/** Throws, showing the difference, unless both censuses found the same. */
export function assertSameCensus(before: Census, after: Census): void {
  assert.deepEqual(after, before);
}

/** Waits for the census to become as it was `before`, and throws when it does not. */
export async function assertCensusReturnsTo(before: Census): Promise<void> {
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    try {
      assertSameCensus(before, census());
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(20);
    }
  }
}
