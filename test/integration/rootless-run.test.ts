// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fieldOf } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';
import { PublicCopy } from '../helpers/public-copy.js';

const UID = 1000;
const USER = [
  '--reuid',
  `${UID}`,
  '--regid',
  `${UID}`,
  '--clear-groups',
  '--inh-caps=-all',
  '--bounding-set=-all',
];

// A machine with a file system of its own below /usr, as WSL has.
const COVERED = 'mount -t tmpfs none /usr/src && touch /usr/src/there && exec "$@"';
const LOOK =
  'ls /usr/src; for f in /usr/x /usr/src/x /x; do touch $f 2>/dev/null || echo no $f; done';

describe('an engine of an ordinary user', () => {
  needs('root', 'userns', 'setpriv');
  let copy: PublicCopy;
  let home: string;
  let env: NodeJS.ProcessEnv;
  let lines: Record<string, never>[];

  before(function () {
    this.timeout(30_000);
    copy = new PublicCopy('rootless');
    home = join(copy.folder, 'home');
    mkdirSync(home);
    chownSync(home, UID, UID);
    env = { PATH: process.env['PATH'], HOME: home, TMPDIR: home, XDG_RUNTIME_DIR: home };
    const { stdout, stderr, status } = spawnSync(
      'setpriv',
      [...USER, ...copy.command('rootless')],
      {
        cwd: home,
        env,
        encoding: 'utf8',
      },
    );
    assert.equal(status, 0, `${stderr}${stdout}`);
    lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  });
  after(() => copy?.remove());

  it('keeps its files in the home of the user', () => {
    assert.equal(lines[0]?.['uid'], UID);
    assert.equal(lines[0]?.['root'], join(home, '.local/share/slipway'));
  });

  it('leaves no process of a container without cgroup and pid namespace', () => {
    assert.deepEqual(lines[3]?.['left'], [3, 0, 3, 0]);
  });

  it('has the folders of the machine read-only where others are mounted below', () => {
    const words = [...copy.command(), 'run', '--rm', 'host', '--', 'sh', '-c', LOOK];
    const command = ['sh', '-c', COVERED, 'sh', 'setpriv', ...USER, ...words];
    const options = { cwd: home, env, encoding: 'utf8' } as const;
    const { stdout, stderr } = spawnSync('unshare', ['--mount', ...command], options);
    assert.equal(stdout, 'there\nno /usr/x\nno /usr/src/x\n', stderr);
  });

  it('runs as root inside and as the user outside', () => {
    const output = String(lines[1]?.['output']).split('\n');
    assert.deepEqual(output.slice(0, 3), ['0', '0', '0']);
    assert.match(output[3] ?? '', /00000000a80425fb$/);
    assert.equal(output[4], 'lo');
    const outside = fieldOf(String(lines[1]?.['fromHost']), 'Uid').split('\t');
    assert.ok(!outside.includes('0'), outside.join());
  });

  // Without ranges in /etc/subgid: by leaving a group, a user could gain what is kept from it.
  it('may not leave groups where the user made the namespace alone', () => {
    const words = String(lines[1]?.['gidMap']).trim().split(/\s+/);
    const alone = words.length === 3;
    if (alone) assert.deepEqual(words, ['0', `${UID}`, '1']);
    assert.equal(String(lines[1]?.['setgroups']).trim(), alone ? 'deny' : 'allow');
  });

  it('has exec and a host name', () => {
    assert.equal(lines[1]?.['exec'], `0\n${String(lines[1]?.['id']).slice(0, 12)}`);
  });

  it('refuses a limit that it cannot set, by name and with a hint', () => {
    const refused = lines[2]?.['refused'] as unknown as Record<string, string>;
    assert.equal(refused['option'], 'memory', JSON.stringify(refused));
    assert.ok((refused['hint'] ?? '').length > 0);
  });

  it('leaves nothing running in its folders', () => {
    assert.deepEqual(readdirSync(join(home, '.local/share/slipway/scope')), []);
    assert.deepEqual(readdirSync(join(home, 'slipway')), []);
  });
});
