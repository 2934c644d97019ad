// SPDX-License-Identifier: Apache-2.0
// The root of a container that wrote nothing may serve the next one. Whatever
// a container did to its root, the next one must not see.
import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshRoot, useBoxes } from '../helpers/boxes.js';
import { needs } from '../helpers/needs.js';

const LOOK = 'stat -c "%a %u %g" / /tmp /etc; ls -A / /tmp; wc -c /etc/passwd';

const CHANGES: Record<string, string> = {
  'a new file': 'echo x > /new',
  'a new folder': 'mkdir /folder',
  'a file below': 'echo x > /tmp/new',
  'a mode': 'chmod 700 /',
  'an owner': 'chown 5:5 /',
  'a deleted file': 'rm -r /tmp',
  'a renamed folder': 'mv /tmp /pmt',
  'a changed file': 'echo x >> /etc/passwd',
};

function plant(folder: number, index: number): void {
  try {
    writeFileSync(`/proc/self/fd/${folder}/planted${index}`, 'x');
  } catch (error) {
    // Its folders are deleted already.
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOENT');
  }
}

describe('the root of a container that is gone', () => {
  needs('root', 'busybox');
  const boxes = useBoxes();

  const once = async (script: string, more: object = {}) => {
    const box = await boxes.run({ command: ['sh', '-c', script], autoRemove: true, ...more });
    const text = await box.stdout.text();
    const { exitCode } = await box.wait();
    assert.equal(exitCode, 0, script);
    return text;
  };
  const folders = () =>
    readdirSync(join(boxes.engine.root, 'scope', boxes.engine.id)).filter((name) =>
      /^\d+$/.test(name),
    );

  // What is written through descriptors of roots that are gone.
  const assertNobodySees = async (held: readonly number[]) => {
    const running = await Promise.all(Array.from({ length: 8 }, () => boxes.run()));
    for (const [index, fd] of held.entries()) plant(fd, index);
    for (const box of running) {
      assert.doesNotMatch((await box.exec(['ls', '-A', '/'])).stdout ?? '', /planted/);
      await box.remove({ force: true });
    }
  };

  it('serves the next ones when nobody wrote to it', async () => {
    for (let i = 0; i < 8; i++) await once('cat /etc/passwd');
    const before = new Set(folders());
    for (let i = 0; i < 30; i++) await once('cat /etc/passwd; ls -R /bin /etc > /dev/null');
    assert.ok(
      folders().some((name) => before.has(name)),
      `all folders are new: ${[...before]} then ${folders()}`,
    );
  });

  for (const [what, script] of Object.entries(CHANGES)) {
    it(`is not seen by the next ones after ${what}`, async function () {
      this.timeout(20_000);
      const expected = await once(LOOK);
      for (let i = 0; i < 6; i++) {
        await once(script);
        assert.equal(await once(LOOK), expected);
      }
      const texts = await Promise.all(Array.from({ length: 8 }, () => once(LOOK)));
      for (const text of texts) assert.equal(text, expected);
    });
  }

  it('shows the machine’s folders as they are now', async () => {
    const file = join('/opt', `slipway-test-${process.pid}`);
    const look = () => once(`cat ${file} || echo none; ls /opt`, { image: 'host' });
    const assertAll = async (text: RegExp) => {
      for (let i = 0; i < 6; i++) assert.match(await look(), text);
    };
    try {
      await assertAll(/^none\n/);
      writeFileSync(file, 'first');
      await assertAll(/^first/);
      rmSync(file);
      writeFileSync(file, 'second');
      await assertAll(/^second/);
      rmSync(file);
      await assertAll(/^none\n/);
    } finally {
      rmSync(file, { force: true });
    }
  });

  it('is no longer anybody else’s, whoever holds a descriptor of it', async function () {
    this.timeout(20_000);
    const shared = freshRoot();
    const held: number[] = [];
    try {
      for (let i = 0; i < 6; i++) {
        // A folder shared with others is how a descriptor could be handed on.
        const box = await boxes.run({ autoRemove: true, volumes: [`${shared}:/shared`] });
        held.push(openSync(`/proc/${box.pid}/root/`, 'r'));
        await box.kill();
        await box.wait();
      }
      await assertNobodySees(held);
    } finally {
      for (const fd of held) closeSync(fd);
      rmSync(shared, { recursive: true });
    }
  });

  it('is no longer that of a container which joined a namespace of the last', async function () {
    this.timeout(20_000);
    const held: number[] = [];
    try {
      for (let i = 0; i < 6; i++) {
        const box = await boxes.run({ autoRemove: true });
        const neighbour = await boxes.run({ autoRemove: true, pid: `container:${box.id}` });
        held.push(openSync(`/proc/${neighbour.pid}/root/proc/1/root/`, 'r'));
        for (const each of [neighbour, box]) {
          await each.kill();
          await each.wait();
        }
      }
      await assertNobodySees(held);
    } finally {
      for (const fd of held) closeSync(fd);
    }
  });
});
