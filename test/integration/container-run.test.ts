// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { Container, Engine, Image } from '../../lib/index.js';
import { freshRoot, isWritten, useBoxes } from '../helpers/boxes.js';
import { isAlive, until } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';

describe('Container.run', () => {
  needs('containers', 'busybox');
  const boxes = useBoxes();

  it('runs a command and tells its output and exit code', async () => {
    const box = await boxes.run({ command: ['sh', '-c', 'echo out; echo err >&2; exit 3'] });
    const [stdout, stderr] = await Promise.all([box.stdout.text(), box.stderr.text()]);
    const { exitCode, signal, oomKilled } = await box.wait();
    assert.deepEqual([stdout, stderr], ['out\n', 'err\n']);
    assert.deepEqual(
      { exitCode, signal, oomKilled },
      { exitCode: 3, signal: null, oomKilled: false },
    );
  });

  it('resolves once the program runs, as a process of this machine', async () => {
    const box = await boxes.run();
    assert.equal(box.status, 'running');
    assert.equal(box.running, true);
    assert.match(box.id, /^[0-9a-f]{64}$/);
    assert.equal(readFileSync(`/proc/${box.pid}/cmdline`, 'utf8'), 'sleep\x00600\x00');
  });

  it('takes an image by its reference', async () => {
    assert.equal(await boxes.text('echo hi', { image: 'busybox:test' }), 'hi');
  });

  it('refuses an image that is not there', async () => {
    await assert.rejects(boxes.run({ image: 'none:such' }), { name: 'NotFoundError' });
  });

  it('gives each container files of its own', async () => {
    const first = await boxes.run();
    const second = await boxes.run();
    await first.exec(['sh', '-c', 'echo mine > /root/file; rm -r /etc/group']);
    assert.equal((await second.exec(['test', '-e', '/root/file'])).exitCode, 1);
    assert.equal((await second.exec(['test', '-f', '/etc/group'])).exitCode, 0);
    assert.equal(await boxes.text('test -f /etc/group && echo kept'), 'kept');
  });

  it('sees no other process and no file of the machine', async () => {
    assert.equal(await boxes.text('echo $$; echo /proc/[0-9]*'), '1\n/proc/1');
    assert.equal(await boxes.text('ls /'), 'bin\ndev\netc\nhome\nproc\nroot\nsys\ntmp\nusr\nvar');
  });

  it('starts many at once', async () => {
    const outputs = await Promise.all(
      Array.from({ length: 64 }, (_, index) => boxes.text(`echo ${index}; hostname >/dev/null`)),
    );
    assert.deepEqual(
      outputs,
      Array.from({ length: 64 }, (_, index) => String(index)),
    );
  });

  it('removes the container at the end of an await using block', async () => {
    let pid = 0;
    {
      await using box = await boxes.run();
      pid = box.pid;
      await box.exec(['touch', '/root/block']);
      assert.ok(isWritten(boxes.engine, 'block'));
    }
    assert.equal(isAlive(pid), false);
    await until('the files are gone', () => !isWritten(boxes.engine, 'block'));
    assert.deepEqual(await Container.list({ all: true, engine: boxes.engine }), []);
  });
});

describe('Container.run of the host image', () => {
  needs('containers');
  let engine: Engine;
  beforeEach(() => {
    engine = new Engine({ root: freshRoot() });
  });
  afterEach(async () => {
    await engine.close();
    rmSync(engine.root, { recursive: true });
  });

  it('runs the programs of this machine without its home folders and secrets', async () => {
    const image = await Image.host({ engine });
    const script =
      'uname -s; ls -A /root /home /var | wc -w; test -e /etc/shadow && echo secrets; true';
    await using box = await Container.run({ engine, image, command: ['sh', '-c', script] });
    const output = await box.stdout.text();
    assert.match(output, /^Linux\n/);
    assert.doesNotMatch(output, /secrets/);
    assert.equal((await box.wait()).exitCode, 0);
  });

  it('keeps what is written away from this machine', async () => {
    const marker = `/usr/slipway-marker-${process.pid}`;
    const command = ['sh', '-c', `echo x > ${marker} && cat ${marker}`];
    await using box = await Container.run({ engine, image: 'host', command });
    assert.equal(await box.stdout.text(), 'x\n');
    assert.equal(existsSync(marker), false);
  });
});
