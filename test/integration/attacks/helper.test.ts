// SPDX-License-Identifier: Apache-2.0
// The engine's own program: a container that gets hold of it must neither learn
// nor change anything, and the host program must never run inside.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { Image, type SlipwayError } from '../../../lib/index.js';
import { numbers, type RunOptions, useRange } from './attack.js';

const { EACCES, EPERM, ETXTBSY } = { EACCES: 13, EPERM: 1, ETXTBSY: 26 };
const SECRET = 'only-another-container-may-know-this-7f3a';

describe("the engine's program seen from a container", function () {
  this.timeout(30_000);
  const range = useRange('overwrite', 'watch', 'seals');

  async function hostileImage(): Promise<Image> {
    const tree = range.make('tree');
    writeFileSync(
      join(tree, 'script'),
      '#!/proc/self/exe\nconsole.log("node runs", process.pid)\n',
    );
    chmodSync(join(tree, 'script'), 0o755);
    symlinkSync('/proc/self/exe', join(tree, 'link'));
    mkdirSync(join(tree, 'bin'));
    copyFileSync('/bin/busybox', join(tree, 'bin/sh'));
    return Image.import(tree, { engine: range.engine });
  }

  for (const [init, command] of [
    [false, ['/script']],
    [false, ['/link', '--version']],
    [false, ['/link', '-e', 'console.log("node runs")']],
    [false, ['/proc/self/exe', '-p', '"node runs"']],
    [true, ['/script']],
    [true, ['/link', '-e', 'console.log("node runs")']],
  ] as const) {
    it(`runs no Node.js for ${command.join(' ')}${init ? ' with an init' : ''}`, async () => {
      const image = await hostileImage();
      const { stdout, stderr } = await range
        .run({ image, command, init })
        .catch((error: SlipwayError) => ({ stdout: '', stderr: error.message }));
      assert.ok(!`${stdout}${stderr}`.includes('node runs'), stdout + stderr);
      assert.ok(!stdout.includes(process.version), stdout);
    });
  }

  it('cannot be written to through process 1 of a container with an init', async () => {
    for (const options of [{}, { user: '1000' }, { capAdd: ['ALL'] }, { privileged: true }]) {
      const { stdout } = await range.run({
        command: ['/probes/overwrite'],
        init: true,
        ...options,
      });
      const answers = numbers(stdout);
      for (const way of ['write', 'append', 'truncate', 'reopen']) {
        assert.ok([EACCES, EPERM, ETXTBSY].includes(answers[way] ?? 0), `${way}: ${stdout}`);
      }
    }
  });

  it('runs from memory that nobody can write to any more', async () => {
    const { pid } = await range.engine.supervisor();
    await using box = await range.start({ command: ['sleep', '60'], init: true });
    for (const exe of [`/proc/${pid}/exe`, `/proc/${box.pid}/exe`]) {
      assert.match(readlinkSync(exe), /^\/memfd:slipway-runtime/);
      const text = execFileSync(join(range.probes, 'seals'), [exe], { encoding: 'utf8' });
      assert.deepEqual(numbers(text), { seal: 1, shrink: 1, grow: 1, write: 1 });
    }
  });

  it('is not to be seen as the executable of anything in a container', async () => {
    const command = ['sh', '-c', 'readlink /proc/*/exe'];
    const { stdout } = await range.run({ command });
    assert.ok(!/slipway|memfd|node/.test(stdout), stdout);
  });

  it('carries no environment of another container into process 1, even for CAP_SYS_PTRACE', async () => {
    await using other = await range.start({ command: ['sleep', '60'], env: { SECRET } });
    await other.exec(['true'], { env: { SECRET } });
    const options: RunOptions = { command: ['sleep', '60'], init: true, capAdd: ['SYS_PTRACE'] };
    await using box = await range.start(options);
    const memory = memoryOf(box.pid);
    assert.ok(memory.includes('PATH='), 'its own environment is to be found');
    assert.ok(!memory.includes(SECRET), 'process 1 holds what belongs to another container');
    assert.ok(!readFileSync(`/proc/${box.pid}/environ`, 'latin1').includes(SECRET));
  });

  it('gives process 1 no more rights than its program has', async () => {
    const rights = (text: string) =>
      text.split('\n').filter((line) => /^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp)/.test(line));
    for (const options of [
      {},
      { user: '1000:1000' },
      { capDrop: ['ALL'], capAdd: ['KILL'] },
      { securityOpt: ['no-new-privileges'], user: '5' },
    ]) {
      const command = ['cat', '/proc/1/status', '/proc/self/status'];
      const { stdout } = await range.run({ command, init: true, ...options });
      const lines = rights(stdout);
      assert.ok(lines.length >= 20, stdout);
      assert.deepEqual(lines.slice(0, lines.length / 2), lines.slice(lines.length / 2));
    }
  });

  it('leaves no blocked or ignored signals on the program under an init', async () => {
    const command = ['grep', '-E', '^Sig(Blk|Ign)', '/proc/self/status'];
    const { stdout } = await range.run({ command, init: true });
    assert.match(stdout, /^SigBlk:\s+0+\nSigIgn:\s+0+\n$/);
  });
});

// What a tracer would find: every private, readable piece of its memory.
function memoryOf(pid: number): string {
  const maps = readFileSync(`/proc/${pid}/maps`, 'utf8').trim().split('\n');
  const pieces = maps
    .filter((line) => /^\S+ rw/.test(line))
    .map((line) => line.split(' ')[0] ?? '');
  return pieces.map((range) => readPiece(pid, range)).join('');
}

function readPiece(pid: number, range: string): string {
  const [from = 0, to = 0] = range.split('-').map((address) => Number.parseInt(address, 16));
  const bytes = Buffer.alloc(to - from);
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    return bytes.toString('latin1', 0, readSync(memory, bytes, 0, bytes.length, from));
  } finally {
    closeSync(memory);
  }
}
