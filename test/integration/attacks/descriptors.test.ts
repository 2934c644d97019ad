// SPDX-License-Identifier: Apache-2.0
// Ways out through descriptors that the engine might have left open: as working
// folder, as program, and seen by other processes of the container.
import assert from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  openSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { Image, SlipwayError } from '../../../lib/index.js';
import { useRange } from './attack.js';

const FDS = Array.from({ length: 38 }, (_, index) => index + 3);
const UP = '../../../../../../../../..';
const EXECS = 200;

describe('descriptors of the engine', function () {
  this.timeout(60_000);
  const range = useRange('watch', 'look', 'keys');
  const victim = range.make('victim');
  let image: Image;

  before(async () => {
    const tree = range.make('tree');
    writeFileSync(join(tree, 'marker'), '');
    for (const fd of FDS) symlinkSync(`/proc/self/fd/${fd}/${UP}${victim}`, join(tree, `fd-${fd}`));
    copyFileSync('/bin/busybox', join(tree, 'busybox'));
    image = await Image.import(tree, { engine: range.engine });
  });

  it('are no working folders outside', async () => {
    for (const fd of FDS) {
      const workdir = `/proc/self/fd/${fd}`;
      const answer = await outcome(range.run({ image, command: ['/probes/look'], workdir }));
      assert.match(answer, /^(contained|enter working folder)$/);
    }
  });

  it('lead to no working folder through a link of the image, and none is made there', async () => {
    for (const fd of FDS) {
      const workdir = `/fd-${fd}/made-${fd}`;
      const answer = await outcome(range.run({ image, command: ['/probes/look'], workdir }));
      assert.equal(answer, 'enter working folder');
    }
    assert.deepEqual(readdirSync(victim), []);
  });

  it('lead to no program outside', async () => {
    for (const fd of FDS) {
      const program = `/proc/self/fd/${fd}/${UP}${range.probes}/look`;
      assert.equal(await outcome(range.run({ image, command: [program] })), 'exec');
    }
  });

  it('lead exec neither to a working folder nor to a program outside', async () => {
    await using box = await range.start({ image, command: ['/busybox', 'sleep', '60'] });
    for (const fd of FDS) {
      const workdir = `/proc/self/fd/${fd}`;
      const answer = await outcome(box.exec(['/probes/look'], { workdir }));
      assert.match(answer, /^(contained|enter working folder)$/);
      const program = `${workdir}/${UP}${range.probes}/look`;
      assert.equal(await outcome(box.exec([program])), 'exec');
      const made = await outcome(box.exec(['/probes/look'], { workdir: `/fd-${fd}/made` }));
      assert.equal(made, 'enter working folder');
    }
    assert.deepEqual(readdirSync(victim), []);
  });

  it('of the host program are closed, inheritable ones too', async () => {
    const opened = Array.from({ length: 50 }, () => openSync(range.folder, 'r'));
    try {
      const command = ['sh', '-c', 'ls /proc/self/fd | wc -l; ls -l /proc/$$/fd'];
      const { stdout } = await range.run({ command });
      assert.equal(stdout.split('\n')[0]?.trim(), '4', stdout); // ls has the folder open, too
      assert.ok(!stdout.includes(range.folder), stdout);
    } finally {
      for (const fd of opened) closeSync(fd);
    }
  });

  it(`are not to be seen by processes of the container during ${EXECS} execs`, async () => {
    // Of what is executed, a static program that opens nothing.
    const inside = ['/probes/', '/dev/null', 'pipe:'];
    await using box = await range.start({ command: ['/probes/watch', ...inside], stdin: 'pipe' });
    const lines = box.stdout.lines();
    assert.equal((await lines.next()).value, 'watching');
    for (let done = 0; done < EXECS; done += 4) {
      const four = [0, 1, 2, 3].map(() =>
        box.exec(['/probes/keys'], { user: done % 8 === 0 ? '1000' : '0' }),
      );
      for (const { exitCode } of await Promise.all(four)) assert.equal(exitCode, 0);
    }
    await box.kill('SIGTERM');
    const found: string[] = [];
    for await (const line of lines) found.push(line);
    const last = found.pop();
    assert.deepEqual(found, []);
    assert.match(last ?? '', /^refused [1-9]/, 'the helper was never met, so nothing was tried');
  });
});

// What it printed, or the step in which it failed.
async function outcome(running: PromiseLike<{ stdout: string | undefined }>): Promise<string> {
  try {
    return ((await running).stdout ?? '').trim();
  } catch (error) {
    if (error instanceof SlipwayError && error.step !== undefined) return error.step;
    throw error;
  }
}
