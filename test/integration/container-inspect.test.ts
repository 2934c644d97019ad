// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { useBoxes } from '../helpers/boxes.js';
import { needs } from '../helpers/needs.js';

describe('inspect', () => {
  needs('containers', 'busybox', 'cgroups');
  const boxes = useBoxes();

  it('tells what a container was made from', async () => {
    const box = await boxes.create({ name: 'seen', labels: { a: '1', b: '' }, memory: '64m' });
    const info = await box.inspect();
    assert.equal(info.id, box.id);
    assert.equal(info.name, 'seen');
    assert.equal(info.image.id, boxes.image.id);
    assert.deepEqual(info.labels, { a: '1', b: '' });
    assert.deepEqual(info.spec.process?.args, ['sleep', '600']);
    assert.equal(info.spec.linux?.resources?.memory?.limit, 64 * 1024 * 1024);
  });

  it('follows the state from created to exited', async () => {
    const box = await boxes.create();
    const states: unknown[] = [];
    const look = async () => {
      const { state } = await box.inspect();
      states.push([state.status, state.running, state.paused, state.exitCode]);
      return state;
    };
    assert.equal((await look()).startedAt, null);
    await box.start();
    const running = await look();
    assert.equal(running.pid, box.pid);
    assert.ok(running.startedAt instanceof Date);
    assert.equal(running.finishedAt, null);
    await box.pause();
    await look();
    await box.kill();
    await box.wait();
    const ended = await look();
    assert.equal(ended.pid, 0);
    assert.ok(ended.finishedAt !== null && ended.finishedAt >= running.startedAt);
    assert.deepEqual(states, [
      ['created', false, false, null],
      ['running', true, false, null],
      ['paused', true, true, null],
      ['exited', false, false, 137],
    ]);
  });

  it('names what was asked for and has no effect', async () => {
    const box = await boxes.create({ volumes: ['/tmp:/t:z'] });
    const { warnings } = await box.inspect();
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /^volumes\[0\]: z is without effect/);
  });
});
