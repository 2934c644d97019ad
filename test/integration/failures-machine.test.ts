// SPDX-License-Identifier: Apache-2.0
// Failures that would disturb others on the machine: a program meets them in a mount namespace or
// with a limit of its own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { freshRoot } from '../helpers/boxes.js';
import { cgroupsNamed } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';
import { programFile } from '../helpers/program.js';

interface Report {
  id: string;
  error: {
    code: string;
    errno: number;
    syscall: string;
    path: string;
    step: string;
    hint?: string;
  };
  left: string[];
  exitCode: number;
  entries: string[];
  refusals: { code: string; step: string; syscall: string }[];
  good: number;
  more: number;
}

describe('on a machine that refuses', () => {
  needs('root', 'cgroups', 'unshare', 'prlimit');
  let root: string;
  beforeEach(() => {
    root = freshRoot();
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function meet(before: string[], ...args: string[]): Report {
    const [command = '', ...words] = [...before, process.execPath, '--import=tsx'];
    const output = execFileSync(command, [...words, programFile('refused'), root, ...args], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    const report = JSON.parse(output) as Report;
    assert.deepEqual(report.left, []);
    assert.deepEqual(cgroupsNamed(report.id), []);
    return report;
  }
  const alone = ['unshare', '--mount', '--propagation', 'private'];

  for (const [what, way, told] of [
    ['space, a start', 'full', { code: 'ENOSPC', syscall: 'mkdir', step: 'mount rootfs' }],
    ['space, an engine', 'full-at-launch', { code: 'ENOSPC', step: 'make engine folders' }],
    ['space, an image', 'full-before-image', { code: 'ENOSPC', step: 'make host image' }],
    ['to write, an engine', 'read-only-at-launch', { code: 'EROFS', step: 'make engine folders' }],
    ['to write, an image', 'readOnly', { code: 'EROFS', step: 'make host image' }],
    [
      'to write cgroups, a start',
      'read-only-cgroup',
      { code: 'EROFS', syscall: 'mkdirat', step: 'create cgroup' },
    ],
  ] as const) {
    it(`${what} is told in full, leaves nothing, and goes on when it may again`, function () {
      this.timeout(60_000);
      const { error, exitCode, entries } = meet(alone, way);
      assert.deepEqual({ ...error, ...told }, error);
      assert.ok(error.errno < 0 && error.path.startsWith('/') && error.step, JSON.stringify(error));
      if (way === 'read-only-cgroup') assert.match(error.hint ?? '', /read-only/);
      assert.equal(exitCode, 0);
      assert.deepEqual(entries, []);
    });
  }

  for (const kind of ['pipes', 'tty']) {
    it(`descriptors, a start with ${kind} says so however many are free`, function () {
      this.timeout(60_000);
      const limited = ['prlimit', '--nofile=128'];
      const { refusals, good, more } = meet(limited, 'descriptors', kind);
      assert.ok(refusals.length >= 2 && good >= 2, `${refusals.length} refused, ${good} good`);
      for (const { code, step, syscall } of refusals) {
        assert.equal(code, 'EMFILE');
        assert.ok(step && syscall);
      }
      assert.equal(more, 0);
    });
  }
});
