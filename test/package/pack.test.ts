// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  constants,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { COMMANDS } from '../../lib/cli/commands.js';
import { Consumer, pack, root } from '../helpers/consumer.js';
import { needs } from '../helpers/needs.js';

const PACK_TIMEOUT_MS = 300_000;
const INSTALL_TIMEOUT_MS = 120_000;
const GLIBC_FLOOR = 34;
const HELPER_MAX_BYTES = 2.25 * 1024 * 1024;

const runTrue = `
  import { Container, Image } from 'slipway';
  const box = await Container.run({ image: await Image.host(), command: ['true'] });
  console.log(JSON.stringify(await box.wait()));
  await box.remove();`;

// What is known of a result by the options of its exec, and no more.
const useTypes = `
  export * from 'slipway';
  import type { Container, ExecCall, ExecOptions } from 'slipway';
  type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
  const is = <A, B>(_: Same<A, B>): void => {};
  type Maybe = string | undefined;
  export async function use(box: Container, call: ExecCall, some: Omit<ExecOptions, 'command'>) {
    (await box.exec(['id'])).stdout.trim();
    (await box.exec\`id\`).stderr.trim();
    (await box.exec({ command: ['id'], input: 'x' })).stdout.trim();
    (await box.exec(['id'], { user: 'root', stdout: 'pipe' })).stdout.trim();
    await box.exec(['id']).then(({ stdout }) => is<typeof stdout, string>(true));
    const terminal = await box.exec(['id'], { tty: true });
    is<typeof terminal.stdout, string>(true);
    is<typeof terminal.stderr, undefined>(true);
    const file = await box.exec(['id'], { stdout: 3, stderr: 'ignore' });
    is<typeof file.stdout, undefined>(true);
    is<typeof file.stderr, undefined>(true);
    const errors = await box.exec({ command: ['id'], stdout: 'inherit' });
    is<typeof errors.stdout, undefined>(true);
    is<typeof errors.stderr, string>(true);
    for (const any of [await box.exec(call), await box.exec(['id'], some)]) {
      is<typeof any.stdout, Maybe>(true);
      is<typeof any.stderr, Maybe>(true);
    }
    // @ts-expect-error an option that there is not
    box.exec(['id'], { cwd: '/' });
    // @ts-expect-error a stream that there is not
    box.exec(['id'], { stdout: 'file' });
  }`;

const prebuilds = (folder: string) => join(folder, 'prebuilds', `linux-${process.arch}`);

function readElf(...args: string[]): string {
  return execFileSync('readelf', ['--wide', ...args], { encoding: 'utf8' });
}

describe('the packed package', function () {
  this.timeout(INSTALL_TIMEOUT_MS);
  let folder: string;
  let tarball: string;

  before(function () {
    this.timeout(PACK_TIMEOUT_MS);
    folder = mkdtempSync(join(tmpdir(), 'slipway-pack-'));
    tarball = pack(folder);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  describe('installed without install scripts and without a compiler', () => {
    let consumer: Consumer;

    before(() => {
      consumer = new Consumer(tarball, ['--ignore-scripts']);
    });

    after(() => consumer?.remove());

    it('holds what is needed to run and to compile, and no tests', () => {
      const expected = ['LICENSE', 'README.md', 'binding.gyp', 'cpp', 'dist', 'lib'];
      const names = [...expected, 'package.json', 'prebuilds', 'scripts'];
      assert.deepEqual(readdirSync(consumer.installed).sort(), names.sort());
    });

    it('keeps the helper executable', () => {
      const { mode } = statSync(join(prebuilds(consumer.installed), 'slipway-runtime'));
      assert.equal(mode & constants.S_IXUSR, constants.S_IXUSR);
    });

    it('has types that compile in a strict project', () => {
      writeFileSync(join(consumer.folder, 'use.mts'), useTypes);
      const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
      const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules', '@types')];
      const strict = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022'];
      const lib = ['--lib', 'es2023,esnext.disposable', '--ignoreConfig'];
      const args = [tsc, ...strict, ...lib, ...types, 'use.mts'];
      execFileSync(process.execPath, args, { cwd: consumer.folder, stdio: 'inherit' });
    });

    it('has a command that tells the version of the package', () => {
      const { stdout, stderr } = consumer.slipway('version', '--format', '{{.Version}}');
      const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
      assert.deepEqual([stdout, stderr], [`${version}\n`, '']);
    });

    for (const { path } of COMMANDS) {
      it(`has a command that helps with ${path}`, () => {
        const { status, stdout, stderr } = consumer.slipway(...path.split(' '), '--help');
        assert.deepEqual([status, stderr], [0, '']);
        assert.ok(stdout.includes(`slipway ${path}`), stdout);
      });
    }

    describe('in use', () => {
      needs('containers');

      it('runs a container', () => {
        const { status, stdout, stderr } = consumer.run(runTrue);
        assert.equal(status, 0, stderr);
        assert.equal(JSON.parse(stdout).exitCode, 0);
      });

      it('has a command that runs a container', () => {
        const { status, stdout, stderr } = consumer.slipway('run', 'host', 'sh', '-c', 'id -u');
        assert.deepEqual([status, stdout, stderr], [0, '0\n', '']);
      });

      it('has a command that keeps --env-file from Node.js, and the file too', () => {
        const file = join(consumer.folder, 'box.env');
        writeFileSync(file, 'NODE_OPTIONS=--no-such\n');
        const words = [
          'run',
          '--env-file',
          file,
          'host',
          'sh',
          '-c',
          'echo $NODE_OPTIONS $@',
          'sh',
        ];
        const { status, stdout, stderr } = consumer.slipway(...words, '--env-file', '/none');
        assert.deepEqual([status, stdout, stderr], [0, '--no-such --env-file /none\n', '']);
      });
    });
  });

  it('installs with install scripts and no compiler', () => {
    const consumer = new Consumer(tarball, []);
    const { status, stderr } = consumer.run("import 'slipway';");
    consumer.remove();
    assert.equal(status, 0, stderr);
  });

  it('says what was tried and what to do when the addon does not load', () => {
    const consumer = new Consumer(tarball, ['--ignore-scripts']);
    const addon = join(prebuilds(consumer.installed), 'slipway.glibc.node');
    writeFileSync(addon, 'not a shared object');
    const { status, stdout } = consumer.run(`
      try {
        const { Container, Image } = await import('slipway');
        await Container.run({ image: await Image.host(), command: ['true'] });
      } catch (error) {
        console.log(JSON.stringify({ code: error.code, text: error.message + error.hint }));
      }`);
    consumer.remove();
    assert.equal(status, 0);
    const { code, text } = JSON.parse(stdout);
    assert.equal(code, 'ERR_NATIVE_LOAD');
    assert.ok(text.includes(addon), text);
    assert.ok(text.includes('npm approve-scripts slipway && npm rebuild slipway'), text);
  });

  describe('its binaries', () => {
    needs('readelf');

    it('the addon asks for no newer C library than promised, and no C++ library', () => {
      const addon = join(prebuilds(root), 'slipway.glibc.node');
      const symbols = readElf('--dyn-syms', addon);
      const versions = [...symbols.matchAll(/@GLIBC_2\.(\d+)/g)].map((match) => Number(match[1]));
      assert.ok(versions.length > 0);
      assert.ok(Math.max(...versions) <= GLIBC_FLOOR, `GLIBC_2.${Math.max(...versions)}`);
      assert.doesNotMatch(symbols, /GLIBCXX|CXXABI/);
    });

    it('the addon exports its entry points and nothing else', () => {
      const symbols = readElf('--dyn-syms', join(prebuilds(root), 'slipway.glibc.node'));
      const lines = symbols.split('\n').filter((line) => /\b(GLOBAL|WEAK)\b/.test(line));
      const exported = lines
        .filter((line) => !line.includes(' UND '))
        .map((line) => line.split(/\s+/).at(8));
      assert.deepEqual(exported.sort(), [
        'napi_register_module_v1',
        'node_api_module_get_api_version_v1',
      ]);
    });

    it('the helper is static and small', () => {
      const helper = join(prebuilds(root), 'slipway-runtime');
      assert.doesNotMatch(readElf('--program-headers', helper), /INTERP|DYNAMIC/);
      assert.ok(statSync(helper).size <= HELPER_MAX_BYTES);
    });
  });
});
