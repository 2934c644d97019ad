// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { Container } from '../../lib/index.js';
import { useBoxes } from '../helpers/boxes.js';
import { needs } from '../helpers/needs.js';

describe('Container.create, get and list', () => {
  needs('containers', 'busybox', 'cgroups');
  const boxes = useBoxes();
  const get = (text: string) => Container.get(text, { engine: boxes.engine });
  const list = async (all = false) => {
    const found = await Container.list({ all, engine: boxes.engine });
    return found.map((box) => box.name);
  };

  it('create makes a container that does not run before start', async () => {
    const box = await boxes.create({ command: ['echo', 'hi'] });
    assert.equal(box.status, 'created');
    assert.equal(box.running, false);
    assert.equal(box.pid, 0);
    await box.start();
    assert.equal(await box.stdout.text(), 'hi\n');
    assert.equal((await box.wait()).exitCode, 0);
    assert.equal(box.status, 'exited');
  });

  it('get finds a container by id, by name and by the beginning of its id', async () => {
    const box = await boxes.create({ name: 'alpha' });
    assert.equal(await get(box.id), box);
    assert.equal(await get('alpha'), box);
    assert.equal(await get('/alpha'), box);
    assert.equal(await get(box.id.slice(0, 12)), box);
  });

  it('get refuses what no container has', async () => {
    const message = 'No such container: nobody';
    const code = 'ERR_CONTAINER_NOT_FOUND';
    await assert.rejects(get('nobody'), { name: 'NotFoundError', code, message });
  });

  it('get refuses a beginning that several ids have', async () => {
    // With 17 ids two begin with the same digit.
    const made = await Promise.all(Array.from({ length: 17 }, () => boxes.create()));
    const digits = made.map(({ id }) => id[0] ?? '');
    const twice = digits.find((digit, index) => digits.indexOf(digit) !== index) ?? '';
    const message = `Multiple IDs found with provided prefix: ${twice}`;
    await assert.rejects(get(twice), { name: 'NotFoundError', message });
  });

  it('list shows those that run, and with all the others too', async () => {
    const first = await boxes.run({ name: 'first' });
    await boxes.create({ name: 'second' });
    assert.deepEqual(await list(), ['first']);
    assert.deepEqual(await list(true), ['first', 'second']);
    await first.pause();
    assert.deepEqual(await list(), ['first']);
    await first.resume();
    await first.stop({ timeoutMs: 0 });
    assert.deepEqual(await list(), []);
    await first.remove();
    assert.deepEqual(await list(true), ['second']);
  });

  it('a name in use is refused, and free again after remove', async () => {
    const box = await boxes.create({ name: 'taken' });
    await assert.rejects(boxes.create({ name: 'taken' }), {
      name: 'ConflictError',
      code: 'ERR_NAME_CONFLICT',
      message: `Conflict. The container name "/taken" is already in use by container "${box.id}". You have to remove (or rename) that container to be able to reuse that name.`,
    });
    await box.remove();
    await boxes.create({ name: 'taken' });
  });

  it('of several creates with one name at once, one succeeds', async () => {
    const tries = Array.from({ length: 8 }, () => boxes.create({ name: 'race' }));
    const results = await Promise.allSettled(tries);
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  });

  it('a name is free again when the start of its container fails', async () => {
    const command = ['no-such-program'];
    await assert.rejects(boxes.run({ name: 'again', command }), { code: 'ERR_COMMAND_NOT_FOUND' });
    await boxes.run({ name: 'again' });
  });
});
