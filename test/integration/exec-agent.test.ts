// SPDX-License-Identifier: Apache-2.0
// The process that all execs of a container come from.
import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'mocha';
import { freshRoot, useBoxes } from '../helpers/boxes.js';
import { childrenOf, statusOf } from '../helpers/host.js';
import { whileHeld } from '../helpers/lease.js';
import { needs } from '../helpers/needs.js';

describe('an exec', () => {
  needs('root', 'busybox', 'python3');
  const boxes = useBoxes();
  const shared = freshRoot();
  after(() => rmSync(shared, { recursive: true }));

  it('of a thousand leaves nothing in the process they come from', async function () {
    this.timeout(60_000);
    const box = await boxes.run();
    const many = async (count: number) => {
      for (let index = 0; index < count; index++) {
        await box.exec(['true'], { env: { FILL: 'x'.repeat(1000) }, user: '1000' });
        await box.exec(['/nothing/there']).catch(() => {});
      }
    };
    await many(20);
    const { pid } = await boxes.engine.supervisor();
    const children = childrenOf(pid).filter((child) => child !== box.pid);
    const state = () =>
      children.map((child) => [
        Number.parseInt(statusOf(child, 'RssAnon'), 10),
        readdirSync(`/proc/${child}/fd`).length,
      ]);
    const before = state();
    await many(500);
    for (const [index, [memory = 0, descriptors]] of state().entries()) {
      const [memoryBefore = 0, descriptorsBefore] = before[index] ?? [];
      assert.ok(memory <= memoryBefore + 64, `${memoryBefore} KiB became ${memory} KiB`);
      assert.equal(descriptors, descriptorsBefore);
    }
  });

  it('that cannot begin does not keep others from it', async function () {
    this.timeout(30_000);
    await whileHeld(join(shared, 'true'), async (release) => {
      const box = await boxes.run({ volumes: [`${shared}:/shared`] });
      assert.equal((await box.exec(['echo', 'before'])).stdout, 'before');
      const waiting = box.exec(['/shared/true']);
      const others = Array.from({ length: 20 }, (_, index) => box.exec(['echo', `${index}`]));
      const texts = await Promise.all(others.map(async (exec) => (await exec).stdout));
      assert.deepEqual(
        texts,
        others.map((_, index) => `${index}`),
      );
      assert.equal((await box.exec(['echo', 'after'])).stdout, 'after');
      release();
      assert.equal((await waiting).exitCode, 0);
    });
  });
});
