// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import type { Container, Output } from '../../lib/index.js';
import { useBoxes } from '../helpers/boxes.js';
import { isAlive } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';

describe('the result of exec', () => {
  needs('containers', 'busybox');
  const boxes = useBoxes();
  let box: Container;
  beforeEach(async () => {
    box = await boxes.run();
  });
  const failure = (promise: PromiseLike<unknown>) => Promise.resolve(promise);

  it('has the output without its last line end, and the exit code', async () => {
    const result = await box.exec(['sh', '-c', 'echo out; echo; echo err >&2; exit 4']);
    assert.equal(result.stdout, 'out\n');
    assert.equal(result.stderr, 'err');
    assert.equal(result.exitCode, 4);
    assert.equal(result.signal, null);
    assert.equal(result.failed, true);
    assert.equal(result.command, 'sh -c echo out; echo; echo err >&2; exit 4');
    assert.ok(result.durationMs > 0);
  });

  it('has all output, whoever reads it meanwhile and however much it is', async () => {
    const box = await boxes.run();
    const numbers = Array.from({ length: 50_000 }, (_, index) => `${index + 1}`);
    assert.deepEqual((await box.exec(['seq', '1', '50000'])).stdout.split('\n'), numbers);
    for (const words of [
      ['seq', '1', '50000'],
      ['sh', '-c', 'sleep 0.1; seq 1 50000'],
    ]) {
      const exec = box.exec(words);
      const read: string[] = [];
      for await (const line of exec.stdout?.lines() ?? []) read.push(line);
      assert.deepEqual(read, numbers);
      assert.deepEqual((await exec).stdout.split('\n'), numbers);
    }
    const late = box.exec(['sh', '-c', 'echo first; sleep 0.1; echo second']);
    await late.started;
    const heard: string[] = [];
    late.stdout?.on('data', (chunk) => heard.push(`${chunk}`));
    assert.equal((await late).stdout, 'first\nsecond');
    assert.match(heard.join(''), /second/);
  });

  it('has all output as text where its streams decode', async () => {
    const exec = box.exec(['sh', '-c', 'echo ä; sleep .05; echo b; echo é >&2']);
    const heard: string[] = [];
    exec.stdout?.setEncoding('utf8').on('data', (text) => heard.push(text));
    exec.stderr?.setEncoding('hex');
    const { stdout, stderr } = await exec;
    assert.deepEqual([stdout, stderr, heard.join('')], ['ä\nb', 'é', 'ä\nb\n']);
  });

  it('counts bytes against maxBuffer where its streams decode', async () => {
    const run = async (maxBuffer: number) => {
      const exec = box.exec(['sh', '-c', 'sleep .05; printf ääää'], { maxBuffer });
      exec.stdout?.setEncoding('utf8');
      return (await exec).stdout;
    };
    assert.equal(await run(8), 'ääää');
    await assert.rejects(run(7), { code: 'ERR_MAX_BUFFER' });
  });

  it('has all output of a paused stream, which keeps it for its reader', async () => {
    const write = 'head -c 1000000 /dev/zero; sleep .05; head -c 1000000 /dev/zero';
    for (const encoding of [undefined, 'latin1'] as const) {
      const exec = box.exec(['sh', '-c', write]);
      const { stdout } = exec;
      assert.ok(stdout !== null);
      if (encoding !== undefined) stdout.setEncoding(encoding);
      stdout.pause();
      assert.equal((await exec).stdout.length, 2_000_000);
      assert.equal((await stdout.text()).length, 2_000_000);
    }
  });

  it('has all output of a stream whose reader pauses it meanwhile or does not take it', async () => {
    const words = ['sh', '-c', 'echo a; sleep .05; head -c 300000 /dev/zero'];
    const paused = box.exec(words);
    let heard = 0;
    paused.stdout?.on('data', (piece) => {
      heard += piece.length;
      paused.stdout?.pause();
    });
    const idle = box.exec(words);
    idle.stdout?.on('readable', () => {});
    for (const exec of [paused, idle]) assert.equal((await exec).stdout.length, 300_002);
    assert.equal(heard, 2);
    const rest = once(paused.stdout as Output, 'end');
    paused.stdout?.on('data', () => paused.stdout?.resume()).resume();
    await rest;
    assert.equal(heard, 300_002);
  });

  it('is rejected when a paused stream has more output than maxBuffer', async () => {
    const exec = box.exec(['yes'], { maxBuffer: 100_000 });
    exec.stdout?.pause();
    await assert.rejects(failure(exec), { code: 'ERR_MAX_BUFFER' });
  });

  it('tells the signal that ended the process', async () => {
    const { exitCode, signal, failed } = await box.exec(['sh', '-c', 'kill -TERM $$']);
    assert.deepEqual(
      { exitCode, signal, failed },
      { exitCode: 143, signal: 'SIGTERM', failed: true },
    );
  });

  it('counts the processor time of the process', async () => {
    const busy = 'i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done';
    const { cpuUserMs, cpuSystemMs, durationMs } = await box.exec(['sh', '-c', busy]);
    assert.ok(cpuUserMs + cpuSystemMs > 5, `${cpuUserMs} + ${cpuSystemMs}`);
    assert.ok(cpuUserMs <= durationMs + 20);
  });

  it('takes each value of a template as one word', async () => {
    const file = 'a b; rm -rf "$HOME"';
    const words = ['x', 'y z', 3];
    const { stdout } = await box.exec`printf %s| ${file} pre${file}post ${words} ${7}`;
    assert.equal(stdout, `${file}|pre${file}post|x|y z|3|7|`);
  });

  it('has what was written to standard input', async () => {
    const { stdout } = await box.exec(['tr', 'a-z', 'A-Z'], { input: 'hello' });
    assert.equal(stdout, 'HELLO');
  });

  it('without input has an empty standard input', async () => {
    assert.equal((await box.exec(['cat'])).stdout, '');
  });

  it('is a missing command with exit code 127 in its error', async () => {
    await assert.rejects(failure(box.exec(['no-such-program'])), {
      code: 'ERR_COMMAND_NOT_FOUND',
      path: 'no-such-program',
      step: 'exec',
    });
  });

  it('is a command that cannot be executed with a code of its own', async () => {
    await assert.rejects(failure(box.exec(['/etc/passwd'])), {
      code: 'ERR_COMMAND_NOT_EXECUTABLE',
      path: '/etc/passwd',
    });
    await assert.rejects(failure(box.exec(['/etc'])), { code: 'ERR_COMMAND_NOT_EXECUTABLE' });
  });

  it('ends by a signal sent to the process', async () => {
    const sleeping = box.exec(['sleep', '600']);
    await sleeping.started;
    await sleeping.kill('SIGKILL');
    assert.equal((await sleeping).signal, 'SIGKILL');
  });

  it('ends by its time limit', async () => {
    const { timedOut, signal } = await box.exec(['sleep', '600'], { timeoutMs: 100 });
    assert.deepEqual({ timedOut, signal }, { timedOut: true, signal: 'SIGKILL' });
  });

  it('has its time limit counted from the call', async function () {
    this.timeout(10_000);
    const { pid } = await boxes.engine.supervisor();
    process.kill(pid, 'SIGSTOP');
    setTimeout(() => process.kill(pid, 'SIGCONT'), 1500);
    const { timedOut, durationMs } = await box.exec(['sleep', '600'], { timeoutMs: 1500 });
    assert.equal(timedOut, true);
    assert.ok(durationMs < 2900, `${durationMs} ms`);
  });

  it('is rejected at once where its AbortSignal comes before the start', async () => {
    const controller = new AbortController();
    const exec = box.exec(['touch', '/tmp/ran'], { signal: controller.signal });
    controller.abort('too late');
    await assert.rejects(failure(exec), { name: 'CanceledError', cause: 'too late' });
    assert.equal((await box.exec(['test', '-e', '/tmp/ran'])).exitCode, 1);
  });

  it('is rejected with the reason of its AbortSignal, before and during the run', async () => {
    const cause = new Error('stop it');
    const signal = AbortSignal.abort(cause);
    await assert.rejects(failure(box.exec(['true'], { signal })), { name: 'CanceledError', cause });
    const controller = new AbortController();
    const sleeping = box.exec(['sleep', '600'], { signal: controller.signal });
    await sleeping.started;
    const { pid } = sleeping;
    assert.ok(isAlive(pid));
    controller.abort(cause);
    await assert.rejects(failure(sleeping), { name: 'CanceledError', cause });
    assert.equal(isAlive(pid), false);
  });

  it('warns of nothing where many have one AbortSignal', async () => {
    const warnings: Error[] = [];
    const hear = (warning: Error) => warnings.push(warning);
    process.on('warning', hear);
    const { signal } = new AbortController();
    const boxed = await Promise.all(Array.from({ length: 12 }, () => boxes.run({ signal })));
    const waits = boxed.map((other) => failure(other.wait({ signal })));
    await Promise.all(Array.from({ length: 12 }, () => box.exec(['true'], { signal })));
    await Promise.all(boxed.map((other) => other.kill()));
    await Promise.all(waits);
    process.off('warning', hear);
    assert.deepEqual(warnings, []);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('is rejected when there is more output than maxBuffer', async () => {
    await assert.rejects(failure(box.exec(['yes'], { maxBuffer: 100_000 })), {
      code: 'ERR_MAX_BUFFER',
    });
  });

  it('does not wait for what the process left in the background', async () => {
    const { stdout, durationMs } = await box.exec(['sh', '-c', 'sleep 600 & echo done']);
    assert.equal(stdout, 'done');
    assert.ok(durationMs < 2000);
  });

  it('is rejected or tells the kill when the container ends meanwhile', async () => {
    const sleeping = box.exec(['sleep', '600']);
    await sleeping.started;
    await box.kill();
    assert.equal((await sleeping).signal, 'SIGKILL');
    await box.wait();
  });

  it('is refused where the container does not run', async () => {
    await box.kill();
    await box.wait();
    await assert.rejects(failure(box.exec(['true'])), {
      name: 'ConflictError',
      message: /is not running$/,
    });
  });

  it('a wrong option is refused by its name', () => {
    for (const name of ['stdin', 'stdout', 'stderr'] as const) {
      assert.throws(() => box.exec(['true'], { tty: true, [name]: 'ignore' }), { option: name });
    }
    assert.throws(() => box.exec(['true'], { cwd: '/' } as never), {
      name: 'InvalidArgumentError',
      option: 'cwd',
      hint: 'did you mean workdir?',
    });
    assert.throws(() => box.exec([]), { option: 'command' });
  });

  it('of a hundred at once are all right', async () => {
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, index) => box.exec(['echo', `${index}`])),
    );
    assert.deepEqual(
      results.map(({ stdout }) => stdout),
      Array.from({ length: 100 }, (_, index) => `${index}`),
    );
  });

  it('of a hundred one after the other are all right', async () => {
    for (let index = 0; index < 100; index++) {
      assert.equal((await box.exec(['echo', `${index}`])).stdout, `${index}`);
    }
  });
});
