// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { Container } from '../../lib/index.js';
import { loadNative } from '../../lib/native.js';
import { useBoxes } from '../helpers/boxes.js';
import { isAlive, until } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';

describe('a terminal', () => {
  needs('containers', 'busybox');
  const boxes = useBoxes();
  const lines = (box: Container) => {
    const iterator = box.stdout.lines();
    return async (): Promise<string> => {
      const { value } = await iterator.next();
      return value as string;
    };
  };

  it('is the controlling terminal of the program', async () => {
    const script = 'test -t 0 && test -t 1 && test -t 2 && tty && echo $TERM && echo x > /dev/tty';
    assert.equal(await boxes.text(script, { tty: true }), '/dev/pts/0\r\nxterm\r\nx');
  });

  it('has all output in one stream', async () => {
    const { stdout } = await boxes.sh('echo out; echo err >&2', { tty: true });
    assert.equal(stdout, 'out\r\nerr\r\n');
  });

  it('shows what is typed, and ends the input at Ctrl-D', async () => {
    const box = await boxes.run({ tty: true, command: ['cat'] });
    const next = lines(box);
    box.stdin.write('typed\n');
    assert.deepEqual([await next(), await next()], ['typed', 'typed']);
    box.stdin.write('\x04');
    assert.equal((await box.wait()).exitCode, 0);
  });

  it('turns Ctrl-C into SIGINT', async () => {
    const box = await boxes.run({
      tty: true,
      command: ['sh', '-c', "trap 'exit 3' INT; echo ready; while :; do sleep 0.05; done"],
    });
    const next = lines(box);
    assert.equal(await next(), 'ready');
    box.stdin.write('\x03');
    assert.equal((await box.wait()).exitCode, 3);
  });

  it('a start that loses it leaves no process behind', async () => {
    const supervisor = await boxes.engine.supervisor();
    const request = supervisor.request.bind(supervisor);
    let pid = 0;
    supervisor.request = async (...args) => {
      const answer = await request(...args);
      if (args[0] !== 'start') return answer;
      pid = answer['pid'] as number;
      for (const fd of answer.fds) loadNative().native.close(fd);
      return { ...answer, fds: [] };
    };
    try {
      await assert.rejects(boxes.run({ tty: true }), /no terminal was sent/);
    } finally {
      supervisor.request = request;
    }
    await until('its process is gone', () => !isAlive(pid));
  });

  it('has its first size from consoleSize', async () => {
    const consoleSize = { rows: 33, columns: 99 };
    assert.equal(await boxes.text('stty size', { tty: true, consoleSize }), '33 99');
  });

  it('tells the program of another size', async () => {
    const script = "trap 'stty size' WINCH; echo ready; while :; do sleep 0.05; done";
    const box = await boxes.run({ tty: true, command: ['sh', '-c', script] });
    const next = lines(box);
    assert.equal(await next(), 'ready');
    box.resize(40, 120);
    assert.equal(await next(), '40 120');
  });

  it('resize is refused without a terminal and after the end', async () => {
    const plain = await boxes.run();
    assert.throws(() => plain.resize(1, 1), /no terminal/);
    const ended = await boxes.run({ tty: true, command: ['true'] });
    await ended.wait();
    assert.throws(() => ended.resize(1, 1), { name: 'ConflictError' });
  });

  it('is there for an exec too, of a size of its own', async () => {
    const box = await boxes.run();
    const consoleSize = { rows: 10, columns: 20 };
    const first = await box.exec(['sh', '-c', 'tty; stty size'], { tty: true, consoleSize });
    assert.equal(first.stdout, '/dev/pts/0\r\n10 20');
    const second = box.exec(['sh', '-c', 'read x; stty size'], { tty: true, consoleSize });
    await second.started;
    second.resize(11, 22);
    second.stdin?.write('\n');
    assert.match((await second).stdout ?? '', /\r\n11 22$/);
  });

  it('is owned by the user of the program', async () => {
    const script = 'stat -c "%u %g %a" $(tty); echo x > $(tty)';
    assert.equal(await boxes.text(script, { tty: true, user: 'app' }), '1000 5 620\r\nx');
  });

  it('is not that of this process', async () => {
    assert.match(
      await boxes.text('tty; ls /dev/pts', { tty: true }),
      /^\/dev\/pts\/0\r\n0 +ptmx|^\/dev\/pts\/0\r\n0\r\nptmx/,
    );
  });
});
