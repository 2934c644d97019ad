// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { useBoxes } from '../helpers/boxes.js';
import { needs } from '../helpers/needs.js';

describe('init', () => {
  needs('containers', 'busybox');
  const boxes = useBoxes();
  const sh = (script: string) => boxes.run({ init: true, command: ['sh', '-c', script] });

  it('is process 1, and the command another', async () => {
    const box = await sh('echo $$; sleep 600');
    assert.notEqual((await box.stdout.lines().next()).value, '1');
  });

  it('reaps what the command leaves behind', async () => {
    const box = await sh('(sleep 0.01 & sleep 0.01 &); echo ready; sleep 600');
    assert.equal((await box.stdout.lines().next()).value, 'ready');
    const count =
      'n=0; for i in 1 2 3 4 5 6 7 8 9; do sleep 0.02; done; grep -l "^State:.Z" /proc/[0-9]*/status | wc -l';
    assert.equal((await box.exec(['sh', '-c', count])).stdout, '0');
  });

  it('hands signals on to the command', async () => {
    const box = await sh("trap 'exit 9' TERM; echo ready; while :; do sleep 0.02; done");
    assert.equal((await box.stdout.lines().next()).value, 'ready');
    await box.stop();
    assert.equal((await box.wait()).exitCode, 9);
  });

  it('lets SIGTERM end a command without a trap', async () => {
    const box = await boxes.run({ init: true });
    await box.stop({ timeoutMs: -1 });
    assert.equal((await box.wait()).exitCode, 143);
  });

  it('ends with the exit code of the command', async () => {
    assert.equal((await (await sh('exit 41')).wait()).exitCode, 41);
    assert.equal((await (await sh('kill -9 $$')).wait()).exitCode, 137);
  });

  it('is there under a limit of descriptors that lets it open none', async () => {
    const command = ['/bin/busybox', 'sh', '-c', 'ulimit -n'];
    const box = await boxes.run({ init: true, ulimits: { nofile: 3 }, command });
    assert.equal((await box.wait()).exitCode, 0);
    assert.equal(await box.stdout.text(), '3\n');
  });

  it('is not there for a command that cannot be started', async () => {
    await assert.rejects(boxes.run({ init: true, command: ['none'] }), {
      code: 'ERR_COMMAND_NOT_FOUND',
    });
  });
});
