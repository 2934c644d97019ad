// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { ContainerOptions } from '../../../lib/container/options.js';
import { InvalidArgumentError, SlipwayError } from '../../../lib/errors.js';
import type { ImageConfig } from '../../../lib/spec/build.js';
import { mergeEnv } from '../../../lib/spec/process.js';
import { build } from '../../helpers/facts.js';

const run = (options: Partial<ContainerOptions>, imageConfig: ImageConfig) =>
  build({ command: undefined as never, ...options }, {}, { imageConfig });
const processOf = (options: Partial<ContainerOptions>, image: ImageConfig) =>
  run(options, image).spec.process;

describe('arguments', () => {
  const image = { Entrypoint: ['entry'], Cmd: ['a', 'b'] };
  for (const [options, args] of [
    [{}, ['entry', 'a', 'b']],
    [{ command: ['c'] }, ['entry', 'c']],
    [{ entrypoint: 'other', command: ['c'] }, ['other', 'c']],
    [{ entrypoint: 'other' }, ['other']],
    [{ entrypoint: [], command: ['c'] }, ['c']],
    [{ command: [] }, ['entry']],
  ] as [Partial<ContainerOptions>, string[]][]) {
    it(`${JSON.stringify(options)} runs ${args.join(' ')}`, () => {
      assert.deepEqual(processOf(options, image)?.args, args);
    });
  }

  it('no command anywhere is refused', () => {
    for (const options of [{}, { entrypoint: '' }, { command: [''] }]) {
      assert.throws(() => run(options, { Cmd: null }), InvalidArgumentError);
    }
  });

  it('an image with a NUL in its command is refused', () => {
    assert.throws(
      () => run({}, { Cmd: ['a\0b'] }),
      (error) => error instanceof SlipwayError && error.code === 'ERR_IMAGE_INVALID',
    );
  });
});

describe('environment', () => {
  const env = (options: Partial<ContainerOptions>, Env: string[]) =>
    processOf({ command: ['x'], hostname: 'h', ...options }, { Env })?.env;
  const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

  it('has PATH and HOSTNAME, and TERM with a terminal', () => {
    assert.deepEqual(env({}, []), [PATH, 'HOSTNAME=h']);
    assert.deepEqual(env({ tty: true }, []), [PATH, 'HOSTNAME=h', 'TERM=xterm']);
  });

  it("the caller's go before the image's, and those before the defaults", () => {
    assert.deepEqual(env({ env: { A: '2' } }, ['PATH=/bin', 'A=1', 'B=1']), [
      'PATH=/bin',
      'HOSTNAME=h',
      'A=2',
      'B=1',
    ]);
  });

  it('a name without value takes a variable away', () => {
    assert.deepEqual(mergeEnv(['A=1', 'B=1'], ['A']), ['B=1']);
  });
});

describe('directory, user and signal', () => {
  it("come from the image, which the caller's options replace", () => {
    const image = { WorkingDir: 'a/../b', User: '5:6', StopSignal: 'SIGINT', Cmd: ['x'] };
    const own = run({}, image);
    assert.deepEqual(
      [own.spec.process?.cwd, own.extras.user, own.extras.stopSignal],
      ['/b', '5:6', 2],
    );
    const changed = run({ workdir: '/c', user: 0, stopSignal: 9 }, image);
    const { spec, extras } = changed;
    assert.deepEqual([spec.process?.cwd, extras.user, extras.stopSignal], ['/c', '0', 9]);
  });

  it('are root, the root directory and SIGTERM where neither says', () => {
    const { spec, extras } = run({}, { Cmd: ['x'], WorkingDir: '', User: null });
    assert.deepEqual([spec.process?.cwd, extras.user, extras.stopSignal], ['/', '', 15]);
  });

  it('a user out of range in the image is refused', () => {
    assert.throws(() => run({}, { Cmd: ['x'], User: '4294967296' }), InvalidArgumentError);
  });

  it('an unknown signal of the image is SIGTERM, with a warning', () => {
    const { extras, warnings } = run({}, { Cmd: ['x'], StopSignal: 'SIGNOPE' });
    assert.equal(extras.stopSignal, 15);
    assert.match(warnings[0] ?? '', /SIGNOPE/);
  });
});
