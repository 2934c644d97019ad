// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { useBoxes } from '../helpers/boxes.js';
import { needs } from '../helpers/needs.js';

describe('command, entrypoint, env and workdir', () => {
  needs('containers', 'busybox');
  const boxes = useBoxes();

  it('a command keeps its words as they are', async () => {
    const box = await boxes.run({ command: ['printf', '%s|', 'a b', '$HOME', '', '\'"', 'ü\n'] });
    assert.equal(await box.stdout.text(), 'a b|$HOME||\'"|ü\n|');
  });

  it('the entrypoint comes before the command', async () => {
    const box = await boxes.run({ entrypoint: ['echo', 'from'], command: ['words'] });
    assert.equal(await box.stdout.text(), 'from words\n');
  });

  it('env sets variables, and passes on those of this process that are named', async () => {
    process.env['SLIPWAY_TEST_PASSED'] = 'on';
    try {
      const env = ['A=1', 'B=x=y', 'SLIPWAY_TEST_PASSED', 'SLIPWAY_TEST_ABSENT'];
      const absent = '$' + '{SLIPWAY_TEST_ABSENT-none}';
      const names = `echo "$A,$B,$SLIPWAY_TEST_PASSED,${absent}"`;
      assert.equal(await boxes.text(names, { env }), '1,x=y,on,none');
    } finally {
      delete process.env['SLIPWAY_TEST_PASSED'];
    }
  });

  it('env takes the place of what there would be otherwise', async () => {
    assert.equal(
      await boxes.text('echo $HOME $PATH', { env: { HOME: '/h', PATH: '/bin' } }),
      '/h /bin',
    );
  });

  it('nothing of the environment of this process is passed on by itself', async () => {
    process.env['SLIPWAY_TEST_SECRET'] = 'secret';
    try {
      assert.doesNotMatch(await boxes.text('env'), /secret/);
    } finally {
      delete process.env['SLIPWAY_TEST_SECRET'];
    }
  });

  it('envFile is read, and env goes before it', async () => {
    const envFile = `${boxes.engine.root}/env`;
    writeFileSync(envFile, '# comment\nA=file\nB=file value\n');
    try {
      assert.equal(
        await boxes.text('echo $A,$B', { envFile, env: { A: 'own' } }),
        'own,file value',
      );
    } finally {
      rmSync(envFile);
    }
  });

  it('workdir is where the program starts, and is made when it is missing', async () => {
    assert.equal(await boxes.text('pwd', { workdir: '/tmp' }), '/tmp');
    assert.equal(await boxes.text('pwd; ls -d /new', { workdir: '/new/deep' }), '/new/deep\n/new');
  });

  it('a workdir that is a file is refused with its path', async () => {
    await assert.rejects(boxes.run({ workdir: '/etc/passwd' }), {
      code: 'ENOTDIR',
      step: 'enter working folder',
      path: '/etc/passwd',
    });
  });

  it('a workdir that is an open descriptor never leads out of the container', async () => {
    for (let fd = 3; fd < 40; fd++) {
      const workdir = `/proc/self/fd/${fd}`;
      try {
        assert.match(await boxes.text('/bin/pwd', { workdir }), /^\/(proc\/1)?$/);
      } catch (error) {
        assert.equal((error as { step?: string }).step, 'enter working folder', String(error));
      }
    }
  });

  it('the command is found by the search path of the container', async () => {
    const script =
      "mkdir /mine && printf '#!/bin/sh\\necho mine' > /mine/tool && chmod 755 /mine/tool";
    const box = await boxes.run({ env: { PATH: '/mine:/bin' } });
    await box.exec(['sh', '-c', script]);
    assert.equal((await box.exec(['tool'])).stdout, 'mine');
  });

  it('the command is process 1 and ends the container', async () => {
    assert.equal(await boxes.text('echo $$'), '1');
  });
});
