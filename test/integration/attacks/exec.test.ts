// SPDX-License-Identifier: Apache-2.0
// Exec into a container that has replaced what exec needs, or does so meanwhile.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { type Container, SlipwayError } from '../../../lib/index.js';
import { failure, useRange } from './attack.js';

const LIMIT_MS = 1000;

describe('exec into a container that replaces its files', function () {
  this.timeout(30_000);
  const range = useRange();

  // With CAP_SYS_ADMIN a container may mount as it likes in its own namespace.
  async function prepared(script: string): Promise<Container> {
    const command = ['sh', '-ec', `${script}\necho ready; exec sleep 60`];
    const box = await range.start({ command, capAdd: ['SYS_ADMIN'] });
    const { value } = await box.stdout.lines().next();
    assert.equal(value, 'ready');
    return box;
  }

  async function soon<T>(running: PromiseLike<T>): Promise<T> {
    const began = performance.now();
    try {
      return await running;
    } finally {
      const took = performance.now() - began;
      assert.ok(took < LIMIT_MS, `${took} ms`);
    }
  }

  const TRAPS: readonly [string, string][] = [
    ['a file system of its own', 'mount -t tmpfs none /proc'],
    [
      'descriptors that are fifos',
      `mount -t tmpfs none /proc; mkdir -p /proc/self/fd
       for n in 3 4 5 6 7 8 9 10 11 12; do mkfifo /proc/self/fd/$n; done`,
    ],
    [
      'a folder of the real one',
      'mkdir /tmp/old; mount --bind /proc /tmp/old; mount --bind /tmp/old/sys /proc',
    ],
  ];
  for (const [what, script] of TRAPS) {
    it(`works when /proc is ${what}`, async () => {
      await using box = await prepared(script);
      for (const options of [{}, { user: 'daemon:daemon' }, { tty: true }]) {
        const { exitCode, stdout } = await soon(box.exec(['echo', 'here'], options));
        assert.deepEqual([exitCode, stdout], [0, 'here']);
      }
    });
  }

  const TERMINALS: readonly [string, string][] = [
    ['missing', 'umount /dev/pts'],
    ['a fifo', 'mount -t tmpfs none /dev/pts; mkfifo /dev/pts/ptmx'],
    ['a link', 'mount -t tmpfs none /dev/pts; ln -s /proc/kmsg /dev/pts/ptmx'],
    [
      'a node of the same number elsewhere',
      'mount -t tmpfs none /dev/pts; mknod /dev/pts/ptmx c 5 2',
    ],
    ['a terminal that exists', 'mount --bind /dev/null /dev/pts/ptmx'],
  ];
  for (const [what, script] of TERMINALS) {
    it(`tells at once that there is no terminal when its source is ${what}`, async () => {
      await using box = await prepared(script);
      const error = await failure(soon(box.exec(['true'], { tty: true })));
      assert.equal(error.step, 'open terminal', error.message);
      assert.equal((await soon(box.exec(['true']))).exitCode, 0);
    });
  }

  it('works or tells why, while /proc and /dev/pts come and go', async () => {
    await using box = await prepared(
      '(while :; do for p in /proc /dev/pts; do mount -t tmpfs none $p; umount $p; done; done) &',
    );
    for (let done = 0; done < 25; done++) {
      for (const tty of [false, true]) {
        try {
          assert.equal((await box.exec(['echo', 'here'], { tty })).stdout, 'here');
        } catch (error) {
          assert.ok(error instanceof SlipwayError && error.step === 'open terminal', String(error));
        }
      }
    }
  });
});
