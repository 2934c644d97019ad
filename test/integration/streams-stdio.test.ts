// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { useBoxes } from '../helpers/boxes.js';
import { until } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';
import { programFile, runProgram } from '../helpers/program.js';

const { EMFILE } = constants.errno;
const MIB = 1024 * 1024;

describe('standard input, output and error', () => {
  needs('containers', 'busybox');
  const boxes = useBoxes();

  it('what is written to stdin is read by the program', async () => {
    const box = await boxes.run({ command: ['cat'], stdin: 'pipe' });
    box.stdin.write('one\n');
    box.stdin.end('two');
    assert.equal(await box.stdout.text(), 'one\ntwo');
    assert.equal((await box.wait()).exitCode, 0);
  });

  it('the program goes on writing when stdin is closed', async () => {
    const command = ['sh', '-c', 'cat > /dev/null; echo after; sleep 0.05; echo later'];
    const box = await boxes.run({ command, stdin: 'pipe' });
    box.stdin.end('x');
    assert.equal(await box.stdout.text(), 'after\nlater\n');
  });

  it('lines and text are the same after setEncoding', async () => {
    const command = ['sh', '-c', "printf '\\303'; sleep 0.05; printf '\\244\\nb'"];
    const box = await boxes.run({ command });
    const lines: string[] = [];
    for await (const line of box.stdout.setEncoding('utf8').lines()) lines.push(line);
    assert.deepEqual(lines, ['ä', 'b']);
    const again = await boxes.run({ command });
    assert.equal(await again.stdout.setEncoding('utf8').text(), 'ä\nb');
  });

  it('10 MiB come through stdin and stdout as they were', async () => {
    const data = randomBytes(10 * MIB);
    const box = await boxes.run({ command: ['cat'], stdin: 'pipe' });
    const hash = createHash('sha256');
    await Promise.all([
      pipeline(Readable.from([data]), box.stdin),
      pipeline(box.stdout, async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) hash.update(chunk);
      }),
    ]);
    assert.equal(hash.digest('hex'), createHash('sha256').update(data).digest('hex'));
  });

  it('the same through an exec', async () => {
    const data = randomBytes(4 * MIB).toString('hex');
    const box = await boxes.run();
    const { stdout } = await box.exec(['cat'], { input: data });
    assert.ok(stdout === data);
  });

  it('output that nobody has read holds no descriptor after the end', async () => {
    const box = await boxes.run({ command: ['head', '-c', '65536', '/dev/zero'] });
    const { stdout, stderr } = box;
    await until('the container has ended', () => !box.running);
    assert.deepEqual([stdout.fd, stderr.fd], [undefined, undefined]);
    assert.equal((await stdout.text()).length, 65_536);
  });

  it('where too few descriptors are left, those already made are closed', () => {
    const node = [process.execPath, '--import=tsx', programFile('few-descriptors')];
    const limited = ['-c', 'ulimit -n 120; exec "$@"', 'bash', ...node];
    const { stdout, stderr, status } = spawnSync('bash', limited, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const expected = [1, 2, 3, 4, 5].map((free) => ({ free, left: free, errno: -EMFILE }));
    assert.deepEqual(rows, expected);
  });

  it('output that nobody reads does not keep wait waiting', async () => {
    const box = await boxes.run({ command: ['sh', '-c', 'head -c 3000000 /dev/zero; echo x >&2'] });
    assert.equal((await box.wait()).exitCode, 0);
    assert.equal((await box.stdout.text()).length, 3_000_000);
    assert.equal(await box.stderr.text(), 'x\n');
  });

  it('output that is read slowly makes the program wait', async () => {
    const box = await boxes.run({ command: ['sh', '-c', 'yes | head -c 20000000'] });
    box.stdout.pause();
    const reader = box.stdout[Symbol.asyncIterator]();
    let bytes = ((await reader.next()).value as Buffer).length;
    assert.ok(process.memoryUsage().arrayBuffers < 300 * MIB);
    for (let next = await reader.next(); !next.done; next = await reader.next()) {
      bytes += (next.value as Buffer).length;
    }
    assert.equal(bytes, 20_000_000);
  });

  it('lines are those of the program, the last one with or without an end', async () => {
    const box = await boxes.run({ command: ['printf', 'a\\r\\nü\\n\\nlast'] });
    const lines = [];
    for await (const line of box.stdout.lines()) lines.push(line);
    assert.deepEqual(lines, ['a', 'ü', '', 'last']);
  });

  it('a program whose reader goes away ends by SIGPIPE', async () => {
    const box = await boxes.run({ command: ['yes'] });
    box.stdout.destroy();
    const { signal, exitCode } = await box.wait();
    assert.ok(signal === 'SIGPIPE' || exitCode === 1, `${signal} ${exitCode}`);
  });

  it('ignored streams are /dev/null', async () => {
    const box = await boxes.run({
      command: ['sh', '-c', 'echo lost; echo lost >&2; cat; readlink /proc/self/fd/0'],
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'ignore',
    });
    assert.equal((await box.wait()).exitCode, 0);
    assert.throws(() => box.stdout, /no stdout/);
    assert.throws(() => box.stdin, /no stdin/);
  });

  it('a descriptor of this process can be a stream', async () => {
    const path = join(boxes.engine.root, 'output');
    const fd = openSync(path, 'w');
    const box = await boxes.run({
      command: ['sh', '-c', 'echo out; echo err >&2'],
      stdout: fd,
      stderr: fd,
    });
    closeSync(fd);
    await box.wait();
    assert.equal(readFileSync(path, 'utf8'), 'out\nerr\n');
  });

  it('inherited streams are those of this process', async () => {
    const { stdout, stderr } = await runProgram('inherit', { input: 'typed\n' });
    assert.match(stdout, /^out typed$/m);
    assert.match(stderr, /^err$/m);
  });

  it('writing to a program that has ended fails and nothing hangs', async () => {
    const box = await boxes.run({ command: ['true'], stdin: 'pipe' });
    await box.wait();
    const failed = new Promise<NodeJS.ErrnoException>((resolve) =>
      box.stdin.once('error', resolve),
    );
    box.stdin.write('x');
    assert.equal((await failed).code, 'EPIPE');
  });
});
