// SPDX-License-Identifier: Apache-2.0
// What this machine shows of a container: its processes and its cgroups.
import { type Dirent, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const CGROUP_ROOT = '/sys/fs/cgroup';

/** Whether limits are in the version 2 hierarchy. */
export const cgroupV2 = existsSync(join(CGROUP_ROOT, 'cgroup.controllers'));

/** One field of /proc/PID/status. */
export function statusOf(pid: number | 'self', field: string): string {
  return fieldOf(readFileSync(`/proc/${pid}/status`, 'utf8'), field);
}

/** One field of a text like /proc/PID/status. */
export function fieldOf(text: string, field: string): string {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${field}:`));
  if (line === undefined) throw new Error(`no ${field} in: ${text}`);
  return line.slice(field.length + 1).trim();
}

/**
 * Whether a process of this id runs. One that has ended and only waits for others does not:
 * a zombie, or process 1 of a pid namespace with zombies that somebody else has to collect.
 */
export function isAlive(pid: number): boolean {
  try {
    readlinkSync(`/proc/${pid}/exe`);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES') return true; // not ours to look at, but it has a program
    if (code === 'ENOENT' || code === 'ESRCH') return false;
    throw error;
  }
}

/** The processes whose parent is `pid`. */
export function childrenOf(pid: number): number[] {
  return allProcesses().filter((child) => isAlive(child) && statusOf(child, 'PPid') === `${pid}`);
}

/** Those of a process's children that are in the cgroup of another of them, but for that one. */
export function siblingsInCgroup(parent: number, pid: number): number[] {
  const cgroupOf = (child: number) => readFileSync(`/proc/${child}/cgroup`, 'utf8');
  const its = cgroupOf(pid);
  return childrenOf(parent).filter((child) => child !== pid && cgroupOf(child) === its);
}

function allProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** The identity of a namespace of a process. */
export function namespaceOf(pid: number | 'self', type: string): string {
  return readlinkSync(`/proc/${pid}/ns/${type}`);
}

/** The folder of a process's cgroup of one controller. */
export function cgroupFolder(pid: number, controller: string): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  for (const line of lines) {
    const [number, names = '', ...path] = line.split(':');
    if (cgroupV2 && number === '0') return join(CGROUP_ROOT, path.join(':'));
    if (!cgroupV2 && names.split(',').includes(controller)) {
      return join(CGROUP_ROOT, controller, path.join(':'));
    }
  }
  throw new Error(`process ${pid} has no cgroup of ${controller}`);
}

/** The content of a file of a process's cgroup. */
export function cgroupFile(pid: number, controller: string, file: string): string {
  return readFileSync(join(cgroupFolder(pid, controller), file), 'utf8').trim();
}

// Cgroups of other engines vanish while they are being looked at.
function entriesIfThere(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENODEV') return [];
    throw error;
  }
}

function below(folder: string): string[] {
  return entriesIfThere(folder)
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => [join(folder, entry.name), ...below(join(folder, entry.name))]);
}

/** All cgroups whose path has `text` in it, such as the id of an engine. */
export function cgroupsNamed(text: string): string[] {
  return below(CGROUP_ROOT).filter((folder) => folder.includes(text));
}

/** Process ids below a cgroup folder of any depth. */
export function processesWith(cgroupText: string): number[] {
  return allProcesses().filter((pid) => isAlive(pid) && cgroupPathOf(pid).includes(cgroupText));
}

function cgroupPathOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  } catch {
    return ''; // it has just ended
  }
}

/** Waits until `done` holds; where no event tells, as of other processes' ends. */
export async function until(what: string, done: () => boolean, limitMs = 5000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!done()) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await delay(10);
  }
}
