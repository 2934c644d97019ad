// SPDX-License-Identifier: Apache-2.0
// Users and groups: what callers ask for, and what an image's files may say.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { Image, InvalidArgumentError } from '../../../lib/index.js';
import { failure, type Range, useRange } from './attack.js';

const PASSWD = [
  'root:x:0:0:root:/root:/bin/sh',
  '1000:x:0:0:a name of digits:/:/bin/sh',
  'ann:x:1500:1500::/home/ann:/bin/sh',
  'huge:x:4294967296:0::/:/bin/sh',
  'minus:x:-1:0::/:/bin/sh',
  'short:x:0',
  'ann:x:0:0:the second of that name:/:/bin/sh',
];
const GROUP = [
  'root:x:0:',
  'ann:x:1500:',
  'staff:x:50:ann,bob',
  'wheel:x:10:bob,ann',
  'annex:x:60:annabel',
  '50:x:0:',
  'wrap:x:4294967296:ann',
];

const IDENTITIES: readonly [user: string, uid: number, gid: number, groups: string][] = [
  ['1000', 1000, 0, '0'],
  ['1000:50', 1000, 50, '50'],
  ['ann', 1500, 1500, '10 50 1500'],
  ['1500', 1500, 1500, '10 50 1500'],
  ['ann:staff', 1500, 50, '50'],
  ['ann:50', 1500, 50, '50'],
  ['2147483647', 2147483647, 0, '0'],
  ['0:2147483647', 0, 2147483647, '2147483647'],
  [':50', 0, 50, '50'],
];

const BAD_SYNTAX = [
  '-1',
  '+0',
  '4294967296',
  '2147483648',
  'a:b:c',
  '0:-1',
  '0:4294967296',
  '1.5',
  '0 ',
];
const NOT_IN_IMAGE = ['huge', 'minus', 'short', 'nobody-here', 'ann:wrap', 'ann:none', '0:'];

/** A busybox and these account files; `change` spoils them. */
async function imageWith(range: Range, change: (etc: string) => void = () => {}): Promise<Image> {
  const tree = range.make('tree');
  const etc = join(tree, 'etc');
  mkdirSync(etc);
  writeFileSync(join(etc, 'passwd'), `${PASSWD.join('\n')}\n`);
  writeFileSync(join(etc, 'group'), `${GROUP.join('\n')}\n`);
  copyFileSync('/bin/busybox', join(tree, 'busybox'));
  change(etc);
  const image = await Image.import(tree, { engine: range.engine });
  rmSync(tree, { recursive: true });
  return image;
}

function idsOf(status: string): { uids: string; gids: string; groups: string } {
  const line = (name: string) =>
    (new RegExp(`^${name}:\\s*(.*?)\\s*$`, 'm').exec(status)?.[1] ?? '').replace(/\s+/g, ' ');
  return { uids: line('Uid'), gids: line('Gid'), groups: line('Groups') };
}

const STATUS = ['/busybox', 'cat', '/proc/self/status'];

describe('users and groups of a hostile image', function () {
  this.timeout(20_000);
  const range = useRange();
  let image: Image;
  before(async () => {
    image = await imageWith(range);
  });

  for (const [user, uid, gid, groups] of IDENTITIES) {
    const expected = {
      uids: `${uid} ${uid} ${uid} ${uid}`,
      gids: `${gid} ${gid} ${gid} ${gid}`,
      groups,
    };
    it(`takes ${user} for ${uid}:${gid} with groups ${groups}, in exec too`, async () => {
      await using box = await range.start({ image, command: ['/busybox', 'sleep', '60'], user });
      const { stdout } = await box.exec(STATUS);
      const first = await box.exec(['/busybox', 'cat', '/proc/1/status']);
      const named = await box.exec(STATUS, { user });
      for (const status of [first.stdout, stdout, named.stdout]) {
        assert.deepEqual(idsOf(status ?? ''), expected);
      }
    });
  }

  it('adds groups by name and number, and never a name of digits', async () => {
    const { stdout } = await range.run({
      image,
      command: STATUS,
      user: 'ann',
      groupAdd: ['annex', '50', 7],
    });
    assert.equal(idsOf(stdout).groups, '7 10 50 60 1500');
  });

  it('refuses ids out of range and wrong forms before anything is made', async () => {
    for (const user of BAD_SYNTAX) {
      const error = await failure(range.run({ image, command: STATUS, user }));
      assert.ok(error instanceof InvalidArgumentError, `${user}: ${error.message}`);
      assert.match(error.message, /user/);
    }
  });

  it('refuses users and groups that the image does not have, or has with ids out of range', async () => {
    for (const user of NOT_IN_IMAGE) {
      const error = await failure(range.run({ image, command: STATUS, user }));
      assert.equal(error.step, 'look up user', `${user}: ${error.message}`);
    }
  });

  const HOSTILE: readonly [string, (path: string) => void, errno: string][] = [
    ['a fifo', (path) => execFileSync('mkfifo', [path]), 'EINVAL'],
    ['an endless device', (path) => execFileSync('mknod', [path, 'c', '1', '5']), 'EINVAL'],
    ['a sparse file of 4 GiB', (path) => sparse(path), 'EFBIG'],
    ['a link to a file without end', (path) => symlinkSync('/proc/kmsg', path), 'EINVAL'],
    ['a link to itself', (path) => symlinkSync('/etc/passwd', path), 'ELOOP'],
    ['a folder', (path) => mkdirSync(path), 'EINVAL'],
  ];
  for (const [what, make, errno] of HOSTILE) {
    it(`answers within a second when the account files are ${what}`, async () => {
      const etc = range.make('etc');
      for (const name of ['passwd', 'group']) make(join(etc, name));
      const began = performance.now();
      const options = { image, command: STATUS, user: 'ann:staff', volumes: [`${etc}:/etc`] };
      const error = await failure(range.run(options));
      assert.ok(performance.now() - began < 1000, `${performance.now() - began} ms`);
      assert.equal(error.step, 'look up user');
      assert.ok(error.message.includes(errno), error.message);
    });
  }

  it('reads the account files of the image, not those of the machine', async () => {
    const spoilt = await imageWith(range, (etc) => {
      rmSync(join(etc, 'passwd'));
      symlinkSync('../../../../../../../../etc/other', join(etc, 'passwd'));
      writeFileSync(join(etc, 'other'), 'root:x:4242:4242::/:\n');
    });
    const { stdout } = await range.run({ image: spoilt, command: STATUS, user: 'root' });
    assert.equal(idsOf(stdout).uids, '4242 4242 4242 4242');
  });
});

function sparse(path: string): void {
  writeFileSync(path, '');
  truncateSync(path, 4 * 1024 ** 3);
}
