// SPDX-License-Identifier: Apache-2.0
// What a process starts with: capabilities, signals, keyrings and the settings
// of the host program, none of which may leak in.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { Image } from '../../../lib/index.js';
import { needs } from '../../helpers/needs.js';
import { type RunOptions, useRange } from './attack.js';

// Docker's fourteen.
const DEFAULT = '00000000a80425fb';
const NONE = '0000000000000000';
const STATUS = ['cat', '/proc/self/status'];

function field(status: string | undefined, name: string): string {
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status ?? '')?.[1]?.trim() ?? 'missing';
}

function capabilities(status: string | undefined): string[] {
  return ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map((name) => field(status, name));
}

describe('rights a container starts with', function () {
  this.timeout(30_000);
  const range = useRange('keys');

  const SETS: readonly [string, Partial<RunOptions>, string[]][] = [
    ['root', {}, [NONE, DEFAULT, DEFAULT, DEFAULT, NONE]],
    ['a user', { user: '1000' }, [NONE, NONE, NONE, DEFAULT, NONE]],
    ['nothing', { capDrop: ['ALL'] }, [NONE, NONE, NONE, NONE, NONE]],
    [
      'a user with more',
      { user: '1000', capAdd: ['SYS_TIME'] },
      [NONE, NONE, NONE, '00000000aa0425fb', NONE],
    ],
  ];
  for (const [who, options, expected] of SETS) {
    it(`are exactly these for ${who}, inheritable and ambient empty, in exec too`, async () => {
      await using box = await range.start({ command: ['sleep', '60'], ...options });
      assert.deepEqual(capabilities((await box.exec(['cat', '/proc/1/status'])).stdout), expected);
      assert.deepEqual(capabilities((await box.exec(STATUS)).stdout), expected);
    });
  }

  describe('with programs that have capabilities of their own', () => {
    needs('setcap');
    let image: Image;
    before(async () => {
      const tree = range.make('tree');
      for (const name of ['plain', 'raised', 'inherits']) {
        mkdirSync(join(tree, name));
        copyFileSync('/bin/busybox', join(tree, name, 'cat'));
        chmodSync(join(tree, name, 'cat'), 0o755);
      }
      execFileSync('setcap', ['cap_net_raw+ep', join(tree, 'raised/cat')]);
      execFileSync('setcap', ['cap_sys_admin,cap_net_raw+i', join(tree, 'inherits/cat')]);
      image = await Image.import(tree, { engine: range.engine });
    });

    it('gives none by what a file says is inheritable', async () => {
      const options = { image, user: '1000', command: ['/inherits/cat', '/proc/self/status'] };
      const { stdout } = await range.run(options);
      assert.equal(field(stdout, 'CapPrm'), NONE);
      await using box = await range.start({ ...options, command: ['/plain/cat'], stdin: 'pipe' });
      const inside = await box.exec(['/inherits/cat', '/proc/self/status']);
      assert.equal(field(inside.stdout, 'CapPrm'), NONE);
    });

    it('gives those of the bounding set by a file, unless no-new-privileges forbids it', async () => {
      const options = { image, user: '1000', command: ['/raised/cat', '/proc/self/status'] };
      assert.equal(field((await range.run(options)).stdout, 'CapPrm'), '0000000000002000');
      const securityOpt = ['no-new-privileges'];
      const { stdout } = await range.run({ ...options, securityOpt });
      assert.equal(field(stdout, 'CapPrm'), NONE);
    });
  });

  it('begin without ignored, blocked or pending signals, in exec too', async () => {
    process.on('SIGUSR2', ignore);
    try {
      await using box = await range.start({ command: ['sleep', '60'] });
      for (const file of ['/proc/1/status', '/proc/self/status']) {
        const { stdout } = await box.exec(['cat', file]);
        for (const name of ['SigBlk', 'SigIgn', 'SigPnd', 'ShdPnd']) {
          assert.equal(field(stdout, name), NONE, name);
        }
      }
    } finally {
      process.off('SIGUSR2', ignore);
    }
  });

  it('hold nothing of the umask and folder of the host program', async () => {
    const before = process.umask(0o777);
    const { stdout } = await range.run({ command: ['sh', '-c', 'umask; pwd'] }).finally(() => {
      process.umask(before);
    });
    assert.equal(stdout, '0022\n/\n');
  });

  it('hold a session keyring that nobody else has', async () => {
    const unconfined = { securityOpt: ['seccomp=unconfined'] };
    const own = execFileSync(join(range.probes, 'keys'), { encoding: 'utf8' }).trim();
    await using lure = await range.start({
      ...unconfined,
      command: ['sh', '-c', '/probes/keys slipway; sleep 60'],
    });
    const lines = lure.stdout.lines();
    const bait: string = (await lines.next()).value;
    await using box = await range.start({
      ...unconfined,
      command: ['sh', '-c', '/probes/keys; sleep 60'],
    });
    const first: string = (await box.stdout.lines().next()).value;
    const { stdout = '' } = await box.exec(['/probes/keys']);
    const all = [own, bait, first, stdout];
    assert.ok(
      all.every((id) => Number(id) > 0),
      all.join(),
    );
    assert.equal(new Set(all).size, 4, all.join());
  });

  it('make no abstract socket of the engine to be found in the network of the machine', async () => {
    const command = ['cat', '/proc/net/unix'];
    const { stdout } = await range.run({ command, network: 'host' });
    assert.match(stdout, /^Num/);
    const ours = stdout.split('\n').filter((line) => /@.*slipway|slipway.*@/i.test(line));
    assert.deepEqual(ours, []);
  });
});

function ignore(): void {}
