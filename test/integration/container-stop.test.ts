// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { useBoxes } from '../helpers/boxes.js';
import { isAlive } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';

// Says when its traps are set, so that no signal comes before them.
const trapping = (signals: string, action: string) => [
  'sh',
  '-c',
  `trap '${action}' ${signals}; echo ready; while :; do sleep 0.05; done`,
];

describe('stop and kill', () => {
  needs('containers', 'busybox');
  const boxes = useBoxes();

  async function ready(options: Parameters<typeof boxes.run>[0]) {
    const box = await boxes.run(options);
    const lines = box.stdout.lines();
    assert.equal((await lines.next()).value, 'ready');
    return { box, lines };
  }

  it('stop sends SIGTERM and lets the program end in its own way', async () => {
    const { box } = await ready({ command: trapping('TERM', 'exit 7') });
    await box.stop();
    assert.equal((await box.wait()).exitCode, 7);
    assert.equal(box.status, 'exited');
  });

  it('stop sends the stop signal of the container', async () => {
    const { box } = await ready({ command: trapping('QUIT', 'exit 8'), stopSignal: 'SIGQUIT' });
    await box.stop();
    assert.equal((await box.wait()).exitCode, 8);
  });

  it('stop sends the signal it is told', async () => {
    const { box } = await ready({ command: trapping('USR1', 'exit 9') });
    await box.stop({ signal: 'USR1' });
    assert.equal((await box.wait()).exitCode, 9);
  });

  it('stop kills after the grace period', async () => {
    const { box } = await ready({ command: trapping('TERM', 'echo refused'), stopTimeout: 1 });
    const { pid } = box;
    const began = process.hrtime.bigint();
    await box.stop();
    const ms = Number(process.hrtime.bigint() - began) / 1e6;
    assert.ok(ms >= 990 && ms < 3000, `${ms} ms`);
    const { exitCode, signal } = await box.wait();
    assert.deepEqual({ exitCode, signal }, { exitCode: 137, signal: 'SIGKILL' });
    assert.equal(isAlive(pid), false);
  });

  it('a time limit of stop goes before that of the container', async () => {
    const { box } = await ready({ command: trapping('TERM', ':'), stopTimeout: -1 });
    await box.stop({ timeoutMs: 100 });
    assert.equal((await box.wait()).signal, 'SIGKILL');
  });

  describe('of a paused container', () => {
    needs('cgroups');
    it('stop ends a paused container', async () => {
      const { box } = await ready({ command: trapping('TERM', 'exit 5') });
      await box.pause();
      await box.stop();
      assert.equal((await box.wait()).exitCode, 5);
    });
  });

  it('stop does nothing when the container has ended or was never started', async () => {
    const box = await boxes.run({ command: ['true'] });
    await box.wait();
    await box.stop();
    assert.equal(box.status, 'exited');
    const created = await boxes.create();
    await created.stop();
    assert.equal(created.status, 'created');
  });

  it('two stops at once end in the same way', async () => {
    const { box } = await ready({ command: trapping('TERM', 'exit 4') });
    await Promise.all([box.stop(), box.stop()]);
    assert.equal((await box.wait()).exitCode, 4);
  });

  it('kill sends SIGKILL', async () => {
    const box = await boxes.run();
    await box.kill();
    const { exitCode, signal } = await box.wait();
    assert.deepEqual({ exitCode, signal }, { exitCode: 137, signal: 'SIGKILL' });
  });

  it('kill sends the signal it is told, and the container may go on', async () => {
    const { box, lines } = await ready({ command: trapping('USR2', 'echo got it') });
    for (const signal of ['SIGUSR2', 'USR2', 12] as const) {
      await box.kill(signal);
      assert.equal((await lines.next()).value, 'got it');
    }
    assert.equal(box.status, 'running');
  });

  it('a process that is process 1 and has no trap does not end by SIGTERM', async () => {
    const box = await boxes.run();
    await box.kill('SIGTERM');
    await box.kill('SIGKILL');
    assert.equal((await box.wait()).signal, 'SIGKILL');
  });

  it('kill refuses a signal that does not exist', async () => {
    const box = await boxes.run();
    await assert.rejects(box.kill('SIGNONE' as never), {
      name: 'InvalidArgumentError',
      option: 'signal',
    });
    assert.equal(box.status, 'running');
  });

  it('kill refuses a container that does not run', async () => {
    const box = await boxes.create();
    await assert.rejects(box.kill(), {
      name: 'ConflictError',
      code: 'ERR_STATE_CONFLICT',
      message: /^[^\n]*container [0-9a-f]{64} is not running$/i,
    });
  });

  describe('killed while paused', () => {
    needs('cgroups');
    it('kill of a paused container ends it', async () => {
      const box = await boxes.run();
      await box.pause();
      await box.kill();
      assert.equal((await box.wait()).signal, 'SIGKILL');
    });
  });
});
