// SPDX-License-Identifier: Apache-2.0
// Each step of a start and of an exec fails once. The steps are those that a
// good start reports, so that none is forgotten.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { Container, type ContainerOptions, Engine, type SlipwayError } from '../../lib/index.js';
import { freshRoot, leftFolders, useBoxes } from '../helpers/boxes.js';
import { assertCensusReturnsTo, settledCensus } from '../helpers/census.js';
import { cgroupsNamed, processesWith, until } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';

const OPTIONS: Partial<ContainerOptions> = {
  tmpfs: { '/t': '' },
  memory: '64m',
  workdir: '/w',
  user: '0',
};

// Those of a start from the first that an exec has too; an exec does not report its own.
const EXEC_STEPS = [
  'adopt stdio',
  'look up user',
  'limit process',
  'enter working folder',
  'drop rights',
  'find program',
  'exec',
];

async function failing<T>(variable: string, step: string, run: () => Promise<T>): Promise<T> {
  process.env[variable] = step;
  try {
    return await run();
  } finally {
    delete process.env[variable];
  }
}

const failedAt = (step: string) => (error: SlipwayError) => {
  assert.equal(error.code, 'EIO', `${error.message} at ${step}`);
  assert.equal(error.step, step);
  return true;
};

async function stepsOf(boxes: { run(options: object): Promise<Container> }, options: object) {
  const box = await boxes.run(options);
  const { total: _total, ...steps } = box.timings;
  await box.remove({ force: true });
  return Object.keys(steps);
}

describe('a step that fails', () => {
  needs('root', 'busybox', 'cgroups');
  const boxes = useBoxes();

  for (const tty of [false, true]) {
    it(`of a start ${tty ? 'with a terminal ' : ''}is named, and leaves nothing of the container`, async function () {
      this.timeout(60_000);
      const options = { ...OPTIONS, tty };
      const steps = await stepsOf(boxes, options);
      assert.ok(steps.length >= 20, steps.join());
      assert.equal(steps.includes('open terminal'), tty);
      for (const step of steps) {
        const run = () => boxes.run({ ...options, name: 'failing' });
        await assert.rejects(failing('SLIPWAY_FAIL_STEP', step, run), failedAt(step), step);
        assert.deepEqual(await Container.list({ all: true, engine: boxes.engine }), []);
      }
      const box = await boxes.run({ ...options, name: 'failing' });
      assert.equal((await box.exec(['pwd'])).stdout, '/w');
    });
  }

  it('of a start leaves nothing of the container while the engine goes on', async function () {
    this.timeout(60_000);
    const steps = await stepsOf(boxes, OPTIONS);
    const busy = () => processesWith(boxes.engine.id).length;
    for (const step of steps) {
      await boxes.text('true');
      const created = await boxes.create(OPTIONS);
      await assert.rejects(
        failing('SLIPWAY_FAIL_STEP', step, () => created.start()),
        failedAt(step),
      );
      assert.equal(created.status, 'created', step);
      assert.equal(cgroupsNamed(created.id).length, 0);
      await created.start();
      assert.equal(created.running, true);
      await created.remove({ force: true });
    }
    await until('only waiting slots are left', () => busy() <= 8);
  });

  it('of a restart keeps the files of the container', async () => {
    const box = await boxes.create({ command: ['sh', '-c', 'echo x >> /log; wc -l < /log'] });
    await box.start();
    await box.wait();
    const run = () => box.start();
    await assert.rejects(failing('SLIPWAY_FAIL_STEP', 'mask paths', run), failedAt('mask paths'));
    await box.start();
    assert.equal(await box.stdout.text(), '2\n');
  });

  it('of an exec is named, and the container goes on', async () => {
    const steps = await stepsOf(boxes, {});
    assert.deepEqual(steps.slice(steps.indexOf('adopt stdio')), EXEC_STEPS);
    const box = await boxes.run();
    for (const step of EXEC_STEPS) {
      const run = async () => void (await box.exec(['true']));
      await assert.rejects(failing('SLIPWAY_FAIL_EXEC_STEP', step, run), failedAt(step), step);
      assert.equal((await box.exec(['echo', 'on'])).stdout, 'on');
    }
  });

  it('leaves this process and machine as they were when the engine is closed', async function () {
    this.timeout(60_000);
    const root = freshRoot();
    const steps = await stepsOf(boxes, OPTIONS);
    const before = await settledCensus();
    for (const step of [steps[0], 'mount rootfs', 'pivot root', 'exec'] as string[]) {
      const engine = new Engine({ root });
      const run = () => Container.run({ engine, image: 'host', command: ['true'] });
      await assert.rejects(failing('SLIPWAY_FAIL_STEP', step, run), failedAt(step));
      await engine.close();
      await assertCensusReturnsTo(before);
      assert.deepEqual(leftFolders(root), []);
      assert.deepEqual(cgroupsNamed(engine.id), []);
    }
    rmSync(root, { recursive: true });
  });
});
