// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { Container } from '../../lib/index.js';
import { isWritten, useBoxes } from '../helpers/boxes.js';
import { childrenOf, isAlive, until } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';

describe('remove, restart and autoRemove', () => {
  needs('containers', 'busybox');
  const boxes = useBoxes();

  it('remove takes the files of the container away', async () => {
    const box = await boxes.run();
    await box.exec(['sh', '-c', 'mkdir -p /a/b; echo x > /a/b/c']);
    await box.stop({ timeoutMs: 0 });
    assert.ok(isWritten(boxes.engine, 'a/b/c'));
    await box.remove();
    await until('the files are gone', () => !isWritten(boxes.engine, 'a/b/c'));
    assert.equal(box.status, 'dead');
    await assert.rejects(Container.get(box.id, { engine: boxes.engine }), {
      name: 'NotFoundError',
    });
  });

  it('remove is done once, however often it is called', async () => {
    const box = await boxes.run({ command: ['true'] });
    await box.wait();
    await Promise.all([box.remove(), box.remove()]);
    await box.remove();
  });

  it('remove refuses a running container and says what to do', async () => {
    const box = await boxes.run({ name: 'busy' });
    await assert.rejects(box.remove(), {
      name: 'ConflictError',
      code: 'ERR_STATE_CONFLICT',
      message:
        'cannot remove container "/busy": container is running: stop the container before removing or force remove',
    });
    assert.equal(box.running, true);
  });

  it('remove with force ends the container first', async () => {
    const box = await boxes.run();
    const { pid } = box;
    await box.remove({ force: true });
    assert.equal(isAlive(pid), false);
  });

  it('remove of a container that was never started is enough', async () => {
    const box = await boxes.create({ name: 'never' });
    await box.remove();
    await boxes.create({ name: 'never' });
  });

  it('a removed container cannot be started', async () => {
    const box = await boxes.create();
    await box.remove();
    await assert.rejects(box.start(), { name: 'ConflictError' });
  });

  it('a container that has exited starts again with its files', async () => {
    const script = 'echo run >> /log; cat /log; readlink /proc/self/ns/pid >/dev/null';
    const box = await boxes.create({ command: ['sh', '-c', script] });
    for (const expected of ['run\n', 'run\nrun\n', 'run\nrun\nrun\n']) {
      await box.start();
      assert.equal(await box.stdout.text(), expected);
      assert.equal((await box.wait()).exitCode, 0);
    }
  });

  it('a container starts again after it was killed', async () => {
    const box = await boxes.run();
    const first = box.pid;
    await box.kill();
    await box.wait();
    assert.equal(box.pid, 0);
    await box.start();
    assert.notEqual(box.pid, first);
    assert.equal((await box.exec(['true'])).exitCode, 0);
  });

  it('start refuses a container that runs', async () => {
    const box = await boxes.run();
    await assert.rejects(box.start(), {
      name: 'ConflictError',
      message: `container ${box.id} is already running`,
    });
  });

  it('of two starts at once one is refused', async () => {
    const box = await boxes.create();
    const results = await Promise.allSettled([box.start(), box.start()]);
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  });

  it('autoRemove takes the container away when it has exited', async () => {
    const box = await boxes.run({
      autoRemove: true,
      name: 'once',
      command: ['cat'],
      stdin: 'pipe',
    });
    await box.exec(['touch', '/once']);
    assert.ok(isWritten(boxes.engine, 'once'));
    box.stdin.end();
    assert.equal((await box.wait()).exitCode, 0);
    await until('the files are gone', () => !isWritten(boxes.engine, 'once'));
    assert.deepEqual(await Container.list({ all: true, engine: boxes.engine }), []);
    await boxes.create({ name: 'once' });
  });

  it('autoRemove keeps the output for whoever reads it', async () => {
    const box = await boxes.run({ autoRemove: true, command: ['echo', 'kept'] });
    const [text] = await Promise.all([box.stdout.text(), box.wait()]);
    assert.equal(text, 'kept\n');
  });

  it('a container that autoRemove took away cannot be started', async () => {
    const box = await boxes.run({ autoRemove: true, command: ['true'] });
    await box.wait();
    await assert.rejects(box.start(), { code: 'ERR_STATE_CONFLICT', message: /was removed$/ });
    assert.equal(box.status, 'dead');
  });

  it('what a container started in the background ends with it', async () => {
    const script = 'sleep 500 & sleep 501 & echo ready; read x';
    const box = await boxes.run({ command: ['sh', '-c', script], stdin: 'pipe' });
    assert.equal((await box.stdout.lines().next()).value, 'ready');
    const pids = childrenOf(box.pid);
    assert.equal(pids.length, 2);
    box.stdin.end();
    await box.wait();
    assert.deepEqual(pids.filter(isAlive), []);
  });
});
