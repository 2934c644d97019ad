// SPDX-License-Identifier: Apache-2.0
// The folders of one run: a root file system with busybox in it, places for
// state and bundles, and the removal of all of it, cgroups included.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readOrNothing } from './processes.js';

export interface Workspace {
  /** Also the prefix of every container id and cgroup of this run. */
  name: string;
  dir: string;
  /** On tmpfs where the machine has one. */
  state: string;
  root: string;
}

const BUSYBOX = ['/usr/bin/busybox', '/bin/busybox'];
const APPLETS = ['sh', 'true', 'echo', 'sleep', 'cat', 'ls'];
const FOLDERS = ['bin', 'dev', 'etc', 'proc', 'root', 'sys', 'tmp', 'usr/bin', 'var'];

function isStatic(path: string): boolean {
  return !readFileSync(path).includes('/ld-linux');
}

/** A root of Debian's busybox-static, with the files a container mounts over already there. */
export function makeRoot(root: string): void {
  const busybox = BUSYBOX.find((path) => existsSync(path) && isStatic(path));
  if (!busybox) throw new Error('no static busybox: apt-get install busybox-static');
  for (const folder of FOLDERS) mkdirSync(join(root, folder), { recursive: true });
  copyFileSync(busybox, join(root, 'bin/busybox'));
  for (const applet of APPLETS) symlinkSync('busybox', join(root, 'bin', applet));
  for (const file of ['hosts', 'hostname', 'resolv.conf'])
    writeFileSync(join(root, 'etc', file), '');
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\ntty:x:5:\n');
}

export function openWorkspace(parent: string): Workspace {
  const name = `slipway-bench-${process.pid}`;
  const dir = mkdtempSync(join(parent, `${name}-`));
  const memory = existsSync('/dev/shm') ? '/dev/shm' : dir;
  const workspace = {
    name,
    dir,
    state: mkdtempSync(join(memory, `${name}-`)),
    root: join(dir, 'root'),
  };
  makeRoot(workspace.root);
  return workspace;
}

// Other programs' cgroups come and go while this reads.
function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function cgroupsNamed(prefix: string, folder = '/sys/fs/cgroup'): string[] {
  return foldersIn(folder).flatMap((path) => {
    const below = cgroupsNamed(prefix, path);
    return path.includes(`/${prefix}`) ? [...below, path] : below;
  });
}

function processesIn(cgroup: string): number[] {
  const file = join(cgroup, 'cgroup.procs');
  return readOrNothing(file).split('\n').filter(Boolean).map(Number);
}

function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

// A killed process leaves its cgroup a moment later.
async function removeWhenEmpty(cgroup: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      rmdirSync(cgroup);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return;
      if (code !== 'EBUSY' || tries === 50) throw error;
    }
    await sleep(40);
  }
}

/** Ends what runs in cgroups named after this run and removes them, innermost first. */
export async function removeCgroups(prefix: string): Promise<void> {
  for (const cgroup of cgroupsNamed(prefix)) {
    killAll(processesIn(cgroup));
    await removeWhenEmpty(cgroup);
  }
}

export async function closeWorkspace(workspace: Workspace): Promise<void> {
  await removeCgroups(workspace.name);
  const options = { recursive: true, force: true, maxRetries: 10, retryDelay: 50 };
  for (const folder of [workspace.dir, workspace.state]) rmSync(folder, options);
}
