// SPDX-License-Identifier: Apache-2.0
// The one place where tests are skipped. With MUST_RUN=1 a skip is a failure.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { before } from 'mocha';

const CGROUP_ROOT = '/sys/fs/cgroup';

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function hasUserNamespaces(): boolean {
  return spawnSync('unshare', ['--user', '--map-root-user', 'true']).status === 0;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

// Version 2 with controllers, or the version 1 hierarchies that limits need.
function hasCgroups(): boolean {
  const controllers = join(CGROUP_ROOT, 'cgroup.controllers');
  if (existsSync(controllers)) {
    return readFileSync(controllers, 'utf8').includes('memory') && isWritable(CGROUP_ROOT);
  }
  return ['memory', 'cpu', 'pids'].every((name) => isWritable(join(CGROUP_ROOT, name)));
}

function isTool(name: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, name)));
}

const checks: Record<string, () => boolean> = {
  root: isRoot,
  userns: hasUserNamespaces,
  containers: () => isRoot() || hasUserNamespaces(),
  cgroups: hasCgroups,
};

function isThere(need: string): boolean {
  const check = checks[need];
  return check ? check() : isTool(need);
}

/**
 * Skips the tests of the enclosing `describe` unless everything named is there:
 * `root`, `userns`, `containers` (either of the two), `cgroups`, or else the name
 * of a program on the PATH. Call it first in the body of a `describe`.
 */
export function needs(...names: string[]): void {
  before(function () {
    const missing = names.filter((name) => !isThere(name));
    if (missing.length === 0) return;
    const reason = `needs ${missing.join(', ')}`;
    if (process.env['MUST_RUN'] === '1') throw new Error(`${reason}, and MUST_RUN forbids to skip`);
    console.log(`      skipped: ${reason}`);
    this.skip();
  });
}
