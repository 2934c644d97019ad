// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { existsSync, rmSync, statSync } from 'node:fs';
import { Container, Engine, Image } from '../../lib/index.js';
import { freshRoot, leftFolders } from '../helpers/boxes.js';
import { assertCensusReturnsTo, census } from '../helpers/census.js';
import { cgroupsNamed, isAlive } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';
import { runProgram } from '../helpers/program.js';

const SLEEP = ['sleep', '600'];

describe('an Engine', () => {
  needs('containers');
  let root: string;
  beforeEach(() => {
    root = freshRoot();
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('makes nothing before it is used', async () => {
    const engine = new Engine({ root: `${root}/sub` });
    await engine.close();
    assert.equal(existsSync(`${root}/sub`), false);
  });

  it('lets nobody but its owner into its folder', async () => {
    await using engine = new Engine({ root: `${root}/sub` });
    await Container.run({ engine, image: 'host', command: SLEEP });
    assert.equal(statSync(`${root}/sub`).mode & 0o777, 0o700);
  });

  it('close ends and removes its containers and leaves nothing', async () => {
    const warm = new Engine({ root });
    await (await Container.run({ engine: warm, image: 'host', command: ['true'] })).wait();
    await warm.close();
    const before = census();
    const engine = new Engine({ root });
    const boxes = await Promise.all(
      [1, 2, 3].map(() => Container.run({ engine, image: 'host', command: SLEEP })),
    );
    const pids = [...boxes.map(({ pid }) => pid), (await engine.supervisor()).pid];
    await Promise.all([engine.close(), engine.close()]);
    assert.deepEqual(pids.filter(isAlive), []);
    assert.deepEqual(cgroupsNamed(engine.id), []);
    assert.deepEqual(leftFolders(root), []);
    await assertCensusReturnsTo(before);
  });

  it('refuses all work once it is closed', async () => {
    const engine = new Engine({ root });
    const box = await Container.run({ engine, image: 'host', command: SLEEP });
    await engine.close();
    const refused = { code: 'ERR_ENGINE_CLOSED' };
    await assert.rejects(Container.run({ engine, image: 'host', command: SLEEP }), refused);
    await assert.rejects(box.start(), refused);
    assert.equal((await box.wait()).signal, 'SIGKILL');
  });

  it('close while containers start leaves nothing', async () => {
    const engine = new Engine({ root });
    await Image.host({ engine });
    const starting = Array.from({ length: 10 }, () =>
      Container.run({ engine, image: 'host', command: SLEEP }),
    );
    const results = Promise.allSettled(starting);
    await engine.close();
    await results;
    assert.deepEqual(cgroupsNamed(engine.id), []);
    assert.deepEqual(leftFolders(root), []);
  });

  it('does not see the containers of another on the same root, and leaves them alone', async () => {
    const first = new Engine({ root });
    const second = new Engine({ root });
    const own = await Container.run({ engine: first, name: 'same', image: 'host', command: SLEEP });
    const other = await Container.run({
      engine: second,
      name: 'same',
      image: 'host',
      command: SLEEP,
    });
    assert.deepEqual(await Container.list({ engine: first }), [own]);
    await first.close();
    assert.equal(other.running, true);
    assert.equal((await other.exec(['true'])).exitCode, 0);
    await second.close();
  });

  it('the one that calls share is found by SLIPWAY_ROOT', async () => {
    const { stdout } = await runProgram('default-engine');
    assert.equal(stdout.trim(), 'hi true');
  });

  it('keeps the program going while a container runs, and no longer', async () => {
    const { stdout, exitCode } = await runProgram('keep-going');
    assert.deepEqual({ stdout, exitCode }, { stdout: 'ended 0\n', exitCode: 0 });
  });

  it('tells of a root that cannot be made', async () => {
    const engine = new Engine({ root: '/proc/none' });
    const run = Container.run({ engine, image: 'host', command: SLEEP });
    await assert.rejects(run, (error: NodeJS.ErrnoException) => {
      assert.equal(error.code, 'ENOENT');
      assert.match(error.message, /\/proc\/none/);
      return true;
    });
    const volumes = ['/proc/none/source:/x'];
    await engine.close();
    await using other = new Engine({ root });
    const bound = Container.run({ engine: other, image: 'host', command: SLEEP, volumes });
    await assert.rejects(bound, { code: 'ENOENT', path: '/proc/none' });
  });
});
