// SPDX-License-Identifier: Apache-2.0
// The one place where tests are skipped. With MUST_RUN=1 a skip is a failure, but
// for what only another kind of machine has.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { before } from 'mocha';
import { isDiskCounted } from './disk.js';

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

const isV2 = existsSync(join(CGROUP_ROOT, 'cgroup.controllers'));

/** Texts of others to compare with, which are no part of this repository. */
export const references = join(
  process.env['SLIPWAY_SHARED'] ?? join(import.meta.dirname, '../../../shared'),
  'reference',
);

// Whoever says where they are wants them compared.
function hasReferences(): boolean {
  if (existsSync(references)) return true;
  if (process.env['SLIPWAY_SHARED'] === undefined) return false;
  throw new Error(`${references} is not there`);
}

// Version 2 with controllers, or the version 1 hierarchies that limits need.
function hasCgroups(): boolean {
  if (isV2) {
    const controllers = readFileSync(join(CGROUP_ROOT, 'cgroup.controllers'), 'utf8');
    return controllers.includes('memory') && isWritable(CGROUP_ROOT);
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

// No packages and no rights give these to a machine that lacks them.
const kinds: Record<string, () => boolean> = {
  x64: () => process.arch === 'x64',
  arm64: () => process.arch === 'arm64',
  'cgroup v1': () => !isV2,
  'a disk that is counted': isDiskCounted,
  'the reference texts': hasReferences,
};

function isThere(need: string): boolean {
  const check = checks[need] ?? kinds[need];
  if (check !== undefined) return check();
  return need.startsWith('/') ? existsSync(need) : isTool(need);
}

/**
 * Skips the tests of the enclosing `describe` unless everything named is there:
 * `root`, `userns`, `containers` (either of the two), `cgroups`, a file by its path,
 * a kind of machine (`x64`, `arm64`, `cgroup v1`, `a disk that is counted`,
 * `the reference texts`), or else the
 * name of a program on the PATH. Call it first in the body of a `describe`.
 */
export function needs(...names: string[]): void {
  before(function () {
    const missing = names.filter((name) => !isThere(name));
    if (missing.length === 0) return;
    const reason = `needs ${missing.join(', ')}`;
    const mayLack = missing.some((name) => name in kinds);
    if (process.env['MUST_RUN'] === '1' && !mayLack)
      throw new Error(`${reason}, and MUST_RUN forbids to skip`);
    console.log(`      skipped: ${reason}`);
    this.skip();
  });
}
