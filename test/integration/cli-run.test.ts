// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { assertCensusReturnsTo, census } from '../helpers/census.js';
import { type Outcome, type Settings, shell, slipway, when } from '../helpers/cli.js';
import { needs } from '../helpers/needs.js';

describe('slipway run', function () {
  this.timeout(30_000);
  needs('containers');
  let root: string;

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'slipway-cli-'));
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  const run = (args: readonly string[], settings: Partial<Settings> = {}): Promise<Outcome> =>
    slipway(['run', ...args], { root, ...settings });
  const sh = (script: string, ...flags: string[]) => run([...flags, 'host', 'sh', '-c', script]);

  it('prints what the container prints and ends with its exit code', async () => {
    assert.deepEqual(await sh('echo out; echo err >&2; exit 3'), {
      code: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  it('ends with 128 + n when a signal ended the container', async () => {
    const { code } = await run(['host', 'sh', '-c', 'sh -c "kill -TERM \\$\\$"; exit $?']);
    assert.equal(code, 143);
    assert.equal((await sh('kill -KILL $$', '--init')).code, 137);
  });

  it('ends with 127 for a missing command, 126 for no program, 125 for a bad option', async () => {
    const missing = await run(['host', 'no-such-program']);
    assert.equal(missing.code, 127);
    assert.match(missing.stderr, /^slipway: .*no-such-program: ENOENT \(hint: .*not found/);
    const folder = await run(['host', '/etc/passwd']);
    assert.equal(folder.code, 126);
    assert.match(folder.stderr, /^slipway: .*\/etc\/passwd: EACCES/);
    const memory = await run(['-m', '1k', 'host', 'true']);
    assert.equal(memory.code, 125);
    assert.match(memory.stderr, /^slipway: --memory: got '1k', expected at least 6 MiB/);
    assert.match(memory.stderr, /Run 'slipway run --help' for more information\n$/);
    const image = await run(['no-such-image']);
    assert.equal(image.code, 125);
    assert.match(image.stderr, /^slipway: no such image: no-such-image \(hint: images come from /);
  });

  it('hands standard input on with -i and not without', async () => {
    const input = 'one\ntwo\n';
    assert.equal((await run(['-i', 'host', 'wc', '-l'], { input })).stdout, '2\n');
    assert.equal((await run(['host', 'wc', '-c'], { input })).stdout, '0\n');
    const file = join(root, 'input');
    writeFileSync(file, input);
    const line = `cat ${file} | $SLIPWAY run -i host cat; $SLIPWAY run -i host cat < ${file}`;
    assert.equal((await shell(line, { root })).stdout, input + input);
  });

  it('carries megabytes unchanged, through a pipe and into a file', async () => {
    const file = join(root, 'output');
    const script = 'head -c 3000000 /dev/zero | tr "\\0" x';
    const line = `$SLIPWAY run host sh -c '${script}' | wc -c; $SLIPWAY run host sh -c '${script}' > ${file}`;
    const { stdout, code } = await shell(line, { root });
    assert.equal(code, 0);
    assert.equal(stdout.trim(), '3000000');
    assert.equal(readFileSync(file, 'utf8'), 'x'.repeat(3_000_000));
    assert.equal((await sh(script)).stdout.length, 3_000_000);
  });

  it('lets the container reopen its output by name', async () => {
    const { code, stdout } = await sh('echo a > /dev/stdout; echo b > /dev/stderr');
    assert.deepEqual([code, stdout], [0, 'a\n']);
  });

  it('ends when nobody reads its output any more', async () => {
    assert.equal((await shell('$SLIPWAY run host yes | head -1', { root })).stdout, 'y\n');
  });

  it('applies the flags to the container', async () => {
    const flags = ['-e', 'A=1', '-w', '/opt', '-h', 'box', '--tmpfs', '/m', '--read-only'];
    const { stdout, code } = await sh(
      'echo $A $PWD $(hostname); touch /m/x && echo ok; touch /x 2>/dev/null || echo ro',
      ...flags,
    );
    assert.equal(stdout, '1 /opt box\nok\nro\n');
    assert.equal(code, 0);
    writeFileSync(join(root, 'shared'), 'from outside\n');
    const mounted = await sh('cat /data/shared', '-v', `${root}:/data:ro`);
    assert.equal(mounted.stdout, 'from outside\n');
  });

  it('takes -- after the image', async () => {
    assert.equal((await run(['host', '--', 'echo', '--', 'x'])).stdout, '-- x\n');
  });

  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const) {
    it(`hands ${name} on to the container`, async () => {
      const short = name.slice(3);
      const script = `trap 'echo got ${short}; exit 6' ${short}; echo ready; while :; do sleep 0.05; done`;
      const onOutput = when('ready', (child) => child.signal(name));
      const { code, stdout } = await run(['host', 'sh', '-c', script], { onOutput });
      assert.deepEqual([code, stdout], [6, `ready\ngot ${short}\n`]);
    });
  }

  it('stops the container instead with --sig-proxy=false', async () => {
    const script = "trap 'echo stopped; exit 7' USR1; echo ready; while :; do sleep 0.05; done";
    const onOutput = when('ready', (child) => child.signal('SIGTERM'));
    const flags = ['--sig-proxy=false', '--stop-signal', 'USR1'];
    const { code, stdout } = await run([...flags, 'host', 'sh', '-c', script], { onOutput });
    assert.deepEqual([code, stdout], [7, 'ready\nstopped\n']);
  });

  it('writes the id to the cidfile, and does not share one', async () => {
    const file = join(root, 'cid');
    assert.equal((await run(['--cidfile', file, 'host', 'true'])).code, 0);
    assert.match(readFileSync(file, 'utf8'), /^[0-9a-f]{64}$/);
    const second = await run(['--cidfile', file, 'host', 'true']);
    assert.equal(second.code, 125);
    assert.match(second.stderr, /^slipway: container ID file found, .* delete .*cid\n$/);
    const unused = join(root, 'unused');
    assert.equal((await run(['--cidfile', unused, 'no-such-image'])).code, 125);
    assert.equal(existsSync(unused), false);
  });

  it('refuses a terminal for input that is none', async () => {
    const { code, stderr } = await run(['-it', 'host', 'true']);
    assert.deepEqual([code, stderr], [1, 'slipway: the input device is not a TTY\n']);
  });

  it('tells with --debug which step and call failed', async () => {
    const { code, stderr } = await slipway(['--debug', 'run', 'host', 'nope'], { root });
    assert.equal(code, 127);
    assert.match(stderr, /code: ERR_COMMAND_NOT_FOUND\n {2}errno: -2\n {2}syscall: execve/);
  });

  it('leaves nothing behind, whether it ends, fails or is killed', async () => {
    const earlier = census();
    await sh('exit 1');
    await run(['host', 'nope']);
    const onOutput = when('ready', (child) => child.signal('SIGKILL'));
    const script = 'echo ready; while :; do sleep 0.05; done';
    const { code } = await run(['host', 'sh', '-c', script], { onOutput });
    assert.equal(code, null);
    await assertCensusReturnsTo(earlier);
  });
});
