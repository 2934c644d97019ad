// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { Container } from '../../lib/index.js';
import { useBoxes } from '../helpers/boxes.js';
import { isAlive } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';

describe('AbortSignal and timeoutMs of a container', () => {
  needs('containers', 'busybox');
  const boxes = useBoxes();
  const canceledBy = (cause: unknown) => ({ name: 'CanceledError', code: 'ERR_CANCELED', cause });

  it('a signal aborted before create leaves nothing', async () => {
    const cause = new Error('too late');
    await assert.rejects(boxes.run({ signal: AbortSignal.abort(cause) }), canceledBy(cause));
    assert.deepEqual(await Container.list({ all: true, engine: boxes.engine }), []);
  });

  it('a signal aborted between create and start lets nothing run', async () => {
    const controller = new AbortController();
    const box = await boxes.create({ signal: controller.signal });
    const cause = new Error('no longer');
    controller.abort(cause);
    await assert.rejects(box.start(), canceledBy(cause));
    assert.equal(box.status, 'created');
    assert.equal(box.pid, 0);
  });

  it('a signal aborted while the container starts ends it', async () => {
    const controller = new AbortController();
    const cause = new Error('changed my mind');
    const starting = boxes.run({ signal: controller.signal });
    controller.abort(cause);
    await assert.rejects(
      starting.then((box) => box.wait()),
      canceledBy(cause),
    );
  });

  it('a signal aborted while the container runs kills it', async () => {
    const controller = new AbortController();
    const box = await boxes.run({ signal: controller.signal });
    const { pid } = box;
    const waiting = box.wait();
    const cause = { why: 'enough' };
    controller.abort(cause);
    await assert.rejects(waiting, canceledBy(cause));
    assert.equal(isAlive(pid), false);
    assert.equal(box.status, 'exited');
  });

  it('a signal aborted after the end changes nothing', async () => {
    const controller = new AbortController();
    const box = await boxes.run({ command: ['true'], signal: controller.signal });
    await box.wait();
    controller.abort();
    assert.equal((await box.wait()).exitCode, 0);
  });

  it('timeoutMs kills the container and says so', async () => {
    const box = await boxes.run({ timeoutMs: 100 });
    await assert.rejects(box.wait(), {
      name: 'CanceledError',
      cause: new Error('timed out after 100 ms'),
    });
  });

  it('a container that ends in time keeps its exit code', async () => {
    const box = await boxes.run({ command: ['sh', '-c', 'exit 3'], timeoutMs: '5s' });
    assert.equal((await box.wait()).exitCode, 3);
  });

  it('of signal and timeoutMs the first reason wins', async () => {
    const controller = new AbortController();
    const cause = new Error('first');
    const box = await boxes.run({ signal: controller.signal, timeoutMs: 200 });
    const waiting = box.wait();
    controller.abort(cause);
    await assert.rejects(waiting, canceledBy(cause));
    await assert.rejects(box.wait(), canceledBy(cause));
  });

  it('a container that was canceled starts again without the old reason', async () => {
    const box = await boxes.create({ command: ['cat'], stdin: 'pipe', timeoutMs: 300 });
    await box.start();
    await assert.rejects(box.wait(), { name: 'CanceledError' });
    await box.start();
    box.stdin.end();
    assert.equal((await box.wait()).exitCode, 0);
  });

  it('the signal of wait ends the waiting and not the container', async () => {
    const box = await boxes.run();
    const controller = new AbortController();
    const waiting = box.wait({ signal: controller.signal });
    const cause = new Error('not now');
    controller.abort(cause);
    await assert.rejects(waiting, canceledBy(cause));
    assert.equal(box.running, true);
  });

  it('wait answers everybody and again after the end', async () => {
    const box = await boxes.run({ command: ['sh', '-c', 'exit 6'] });
    const reports = await Promise.all([box.wait(), box.wait()]);
    assert.deepEqual(
      [...reports, await box.wait()].map(({ exitCode }) => exitCode),
      [6, 6, 6],
    );
  });

  it('wait refuses a container that was never started', async () => {
    const box = await boxes.create();
    await assert.rejects(box.wait(), { name: 'ConflictError', message: /is not running$/ });
  });
});
