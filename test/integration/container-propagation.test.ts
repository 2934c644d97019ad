// SPDX-License-Identifier: Apache-2.0
// Mounts of the host made before and after a container started.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BindMount } from '../../lib/index.js';
import { useBoxes } from '../helpers/boxes.js';
import { needs } from '../helpers/needs.js';

describe('propagation and recursion of bind mounts', () => {
  needs('root', 'busybox', 'mount');
  const boxes = useBoxes();
  let folder: string;
  const mount = (...args: string[]) => execFileSync('mount', args);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-share-'));
    mount('-t', 'tmpfs', 'share', folder);
    mount('--make-rshared', folder);
    for (const name of ['before', 'after']) mkdirSync(join(folder, name));
    mount('-t', 'tmpfs', 'before', join(folder, 'before'));
    mkdirSync(join(folder, 'before/seen'));
  });
  afterEach(() => {
    execFileSync('umount', ['-R', folder]);
    rmSync(folder, { recursive: true });
  });
  const options = (bind: BindMount['bind'] = {}, readOnly = false) => ({
    mounts: [{ type: 'bind' as const, source: folder, target: '/m', readOnly, bind }],
  });

  it('mounts below the source come along, and are read-only with it', async () => {
    assert.equal(await boxes.text('ls /m/before', options()), 'seen');
    const { stderr } = await boxes.sh('touch /m/x; touch /m/before/x', options({}, true));
    assert.match(stderr, /\/m\/x: Read-only[\s\S]*\/m\/before\/x: Read-only/);
  });

  it("with recursive 'writable' the mounts below stay writable", async () => {
    const chosen = options({ recursive: 'writable' }, true);
    const { stderr } = await boxes.sh('touch /m/x; touch /m/before/x', chosen);
    assert.match(stderr, /\/m\/x: Read-only/);
    assert.doesNotMatch(stderr, /before/);
  });

  it("with recursive 'disabled' the mounts below are left out", async () => {
    assert.equal(await boxes.text('ls /m/before', options({ recursive: 'disabled' })), '');
  });

  it('a mount made later is not seen unless the propagation is rslave', async () => {
    const own = await boxes.run(options());
    const slave = await boxes.run(options({ propagation: 'rslave' }));
    mount('-t', 'tmpfs', 'after', join(folder, 'after'));
    mkdirSync(join(folder, 'after/late'));
    assert.equal((await own.exec(['ls', '/m/after'])).stdout, '');
    assert.equal((await slave.exec(['ls', '/m/after'])).stdout, 'late');
  });

  it('with rshared a mount of the container is seen by the host', async () => {
    const box = await boxes.run({
      ...options({ propagation: 'rshared' }),
      capAdd: ['SYS_ADMIN'],
      securityOpt: ['seccomp=unconfined'],
    });
    const { exitCode, stderr } = await box.exec(['mount', '-t', 'tmpfs', 'inside', '/m/after']);
    assert.equal(exitCode, 0, stderr);
    assert.match(readFileSync('/proc/self/mountinfo', 'utf8'), new RegExp(` ${folder}/after `));
  });

  it('no mount of a container is seen by the host', async () => {
    const before = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').length;
    await boxes.run(options());
    assert.equal(readFileSync('/proc/self/mountinfo', 'utf8').split('\n').length, before);
  });

  it('rslave of a source that is not shared is refused', async () => {
    mount('--make-rprivate', folder);
    await assert.rejects(boxes.run(options({ propagation: 'rslave' })), {
      name: 'InvalidArgumentError',
    });
  });
});
