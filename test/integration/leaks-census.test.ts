// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { Container, Engine } from '../../lib/index.js';
import { freshRoot, leftFolders } from '../helpers/boxes.js';
import { assertCensusReturnsTo, census } from '../helpers/census.js';
import { cgroupsNamed } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';

const STARTS = process.env['SLIPWAY_LONG'] === '1' ? 2000 : 200;

describe('many containers', () => {
  needs('root', 'cgroups');
  let root: string;
  before(async () => {
    root = freshRoot();
    await using engine = new Engine({ root });
    await (await Container.run({ engine, image: 'host', command: ['true'] })).wait();
  });
  after(() => {
    if (root !== undefined) rmSync(root, { recursive: true });
  });
  const openFds = (pid: number | 'self' = 'self') => readdirSync(`/proc/${pid}/fd`).length;

  it(`${STARTS} one after the other leave nothing`, async function () {
    this.timeout(STARTS * 200);
    const before = census();
    const engine = new Engine({ root });
    const one = async (): Promise<void> => {
      await using box = await Container.run({
        engine,
        image: 'host',
        command: ['cat'],
        stdin: 'pipe',
      });
      assert.equal((await box.exec(['true'])).exitCode, 0);
      box.stdin.end('x');
      assert.equal(await box.stdout.text(), 'x');
      await box.wait();
    };
    for (let index = 0; index < 20; index++) await one();
    const supervisor = (await engine.supervisor()).pid;
    const fds = [openFds(), openFds(supervisor)];
    for (let index = 20; index < STARTS; index++) await one();
    // Slots come and go, with a handful of descriptors each.
    assert.ok(openFds() <= (fds[0] ?? 0) + 4, `${openFds()} descriptors, before ${fds[0]}`);
    assert.ok(
      openFds(supervisor) <= (fds[1] ?? 0) + 40,
      `supervisor: ${openFds(supervisor)}, before ${fds[1]}`,
    );
    await engine.close();
    await assertCensusReturnsTo(before);
    assert.deepEqual(leftFolders(root), []);
    assert.deepEqual(cgroupsNamed(engine.id), []);
  });

  it('64 at once run and leave nothing', async function () {
    this.timeout(60_000);
    const before = census();
    const engine = new Engine({ root });
    const starting = Array.from({ length: 64 }, () =>
      Container.run({ engine, image: 'host', command: ['sleep', '600'] }),
    );
    const boxes = await Promise.all(starting);
    assert.equal(new Set(boxes.map(({ pid }) => pid)).size, 64);
    assert.equal((await Container.list({ engine })).length, 64);
    await Promise.all(boxes.map((box) => box.remove({ force: true })));
    await engine.close();
    await assertCensusReturnsTo(before);
    assert.deepEqual(leftFolders(root), []);
  });

  it('that fail to start leave nothing', async function () {
    this.timeout(60_000);
    const before = census();
    const engine = new Engine({ root });
    for (let index = 0; index < 50; index++) {
      await assert.rejects(Container.run({ engine, image: 'host', command: ['no-such'] }), {
        code: 'ERR_COMMAND_NOT_FOUND',
      });
    }
    await engine.close();
    await assertCensusReturnsTo(before);
    assert.deepEqual(leftFolders(root), []);
  });

  it('whose output nobody reads leave nothing', async () => {
    const before = census();
    const engine = new Engine({ root });
    for (let index = 0; index < 20; index++) {
      const box = await Container.run({ engine, image: 'host', command: ['echo', 'unread'] });
      await box.wait();
    }
    await engine.close();
    await assertCensusReturnsTo(before);
  });
});
