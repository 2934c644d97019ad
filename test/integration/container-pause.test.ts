// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Container } from '../../lib/index.js';
import { useBoxes } from '../helpers/boxes.js';
import { needs } from '../helpers/needs.js';

const COUNTING = ['sh', '-c', 'n=0; while :; do n=$((n+1)); echo $n > /n; done'];

describe('pause and resume', () => {
  needs('containers', 'busybox', 'cgroups');
  const boxes = useBoxes();

  const cpuTicks = (box: Container): string =>
    readFileSync(`/proc/${box.pid}/stat`, 'utf8').split(' ').slice(13, 15).join(' ');

  it('pause stops every process and resume lets them go on', async () => {
    const box = await boxes.run({ command: COUNTING });
    await box.pause();
    assert.equal(box.status, 'paused');
    assert.equal(box.running, true);
    const before = cpuTicks(box);
    await delay(100);
    assert.equal(cpuTicks(box), before);
    await box.resume();
    assert.equal(box.status, 'running');
    const first = await box.exec(['cat', '/n']);
    assert.equal(first.exitCode, 0);
  });

  it('what a paused container does not do, it does after resume', async () => {
    const box = await boxes.run({ command: ['cat'], stdin: 'pipe' });
    await box.pause();
    box.stdin.write('later\n');
    await box.resume();
    assert.equal((await box.stdout.lines().next()).value, 'later');
  });

  it('pause is refused by a container that is paused or does not run', async () => {
    const box = await boxes.run();
    await box.pause();
    await assert.rejects(box.pause(), { name: 'ConflictError', message: /is already paused$/ });
    const created = await boxes.create();
    await assert.rejects(created.pause(), { name: 'ConflictError', message: /is not running$/ });
  });

  it('resume is refused by a container that is not paused', async () => {
    const box = await boxes.run();
    await assert.rejects(box.resume(), { name: 'ConflictError', message: /is not paused$/ });
  });

  it('exec into a paused container is refused with what to do', async () => {
    const box = await boxes.run();
    await box.pause();
    await assert.rejects(Promise.resolve(box.exec(['true'])), {
      name: 'ConflictError',
      code: 'ERR_STATE_CONFLICT',
      message: /is paused, unpause the container before exec$/,
    });
    await box.resume();
    assert.equal((await box.exec(['true'])).exitCode, 0);
  });

  it('a paused container can be removed by force', async () => {
    const box = await boxes.run();
    await box.pause();
    await box.remove({ force: true });
    assert.equal(box.status, 'dead');
  });
});
