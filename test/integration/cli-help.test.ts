// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { describe, it } from 'mocha';
import { COMMANDS } from '../../lib/cli/commands.js';
import { slipway } from '../helpers/cli.js';

const root = '/nonexistent';
const cli = (...args: string[]) => slipway(args, { root });

describe('slipway', function () {
  this.timeout(30_000);

  it('shows its commands', async () => {
    const { code, stdout, stderr } = await cli('--help');
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^Usage: {2}slipway \[OPTIONS\] COMMAND\n/);
    for (const { about } of COMMANDS) assert.ok(stdout.includes(about), about);
    assert.equal((await cli()).stdout, stdout);
    assert.equal((await cli('help')).stdout, stdout);
  });

  it('shows each flag of a command, and examples', async () => {
    const { code, stdout } = await cli('run', '--help');
    assert.equal(code, 0);
    assert.match(stdout, /^Usage: {2}slipway run \[OPTIONS\] IMAGE \[COMMAND\] \[ARG\.\.\.\]\n/);
    assert.match(stdout, /\n {2}-m, --memory bytes {2,}Memory limit\n/);
    assert.match(stdout, /\n {6}--sig-proxy .*\n.*\(default\n? *true\)/);
    assert.match(stdout, /Examples:\n {2}# .*\n {2}slipway run /);
    assert.match(stdout, /not available yet:\n.*--detach /s);
    assert.equal((await cli('help', 'run')).stdout, stdout);
    assert.match((await cli('image')).stdout, /Usage: {2}slipway image COMMAND.* ls +List images/s);
  });

  it('has help with examples for each command', async () => {
    for (const entry of COMMANDS) {
      const command = await entry.load();
      assert.ok(command.examples.length > 0, entry.path);
      assert.ok(
        command.examples.every(([line]) => line.includes('slipway ')),
        entry.path,
      );
    }
  });

  it('ends with 125 for a flag it does not know', async () => {
    assert.deepEqual(await cli('run', '--nope', 'host'), {
      code: 125,
      stdout: '',
      stderr:
        "slipway: unknown flag: --nope\n\nUsage:  slipway run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun 'slipway run --help' for more information\n",
    });
    const late = await cli('images', '--root', '/x');
    assert.equal(late.code, 125);
    assert.match(
      late.stderr,
      /^slipway: unknown flag: --root \(hint: it stands before the command\)\n/,
    );
  });

  it('ends with 125 and the name of a flag that is not available yet', async () => {
    const { code, stderr } = await cli('run', '-itdp', '80:80', 'host');
    assert.equal(code, 125);
    assert.match(stderr, /^slipway: --detach is not available yet \(hint: /);
  });

  it('ends with 1 for too few or too many arguments', async () => {
    const { code, stderr } = await cli('run');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^slipway: 'slipway run' requires at least 1 argument\n\nUsage: {2}slipway run/,
    );
    assert.match((await cli('tag', 'a')).stderr, /'slipway tag' requires 2 arguments\n/);
    assert.match((await cli('images', 'a', 'b')).stderr, /requires at most 1 argument\n/);
  });

  it('names what may have been meant', async () => {
    const flag = await cli('run', '--memroy', '1g', 'host');
    assert.match(
      flag.stderr,
      /^slipway: unknown flag: --memroy \(hint: did you mean --memory\?\)\n/,
    );
    const command = await cli('rnu', 'host');
    assert.match(
      command.stderr,
      /^slipway: unknown command: slipway rnu \(hint: did you mean run\?\)\n/,
    );
  });

  it('names the commands there are for one that is not', async () => {
    const { code, stderr } = await cli('ps');
    assert.equal(code, 1);
    assert.match(stderr, /^slipway: unknown command: slipway ps \(hint: ps is not available yet: /);
    assert.match(stderr, /\nCommands: .*image ls, .*run, tag, version\n/);
    assert.match((await cli('image', 'foo')).stderr, /slipway image foo\n\nCommands: import, /);
  });

  it('tells how to choose another folder than one that cannot be made', async () => {
    const { code, stderr } = await cli('--root', '/proc/none/there', 'run', 'host', 'true');
    assert.equal(code, 125);
    assert.match(
      stderr,
      /^slipway: make folder on \/proc\/none: ENOENT \(hint: --root or SLIPWAY_ROOT chooses another folder\)\n$/,
    );
  });

  it('shows its version', async () => {
    const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    const { version } = JSON.parse(text) as { version: string };
    assert.equal((await cli('--version')).stdout, `Slipway version ${version}\n`);
    assert.equal((await cli('version', '-f', '{{.Version}}')).stdout, `${version}\n`);
  });

  it('shows what the machine offers, and makes nothing', async () => {
    const { code, stdout } = await cli('--root', '/nonexistent/other', 'info');
    assert.equal(code, 0);
    assert.match(stdout, /^Kernel Version: \d+\.\d+/m);
    assert.match(stdout, /^Root Dir: \/nonexistent\/other$/m);
    const json = JSON.parse((await cli('info', '-f', 'json')).stdout) as Record<string, unknown>;
    assert.equal(json.Name, hostname());
  });
});
