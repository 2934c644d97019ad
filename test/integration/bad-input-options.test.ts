// SPDX-License-Identifier: Apache-2.0
// Wrong options and commands: told by name, and nothing is left.
import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import {
  Container,
  type ContainerOptions,
  Engine,
  Image,
  type InvalidArgumentError,
} from '../../lib/index.js';
import { freshRoot, leftFolders, useBoxes } from '../helpers/boxes.js';
import { assertSameCensus, census } from '../helpers/census.js';
import { needs } from '../helpers/needs.js';

const WRONG: [option: string, options: Record<string, unknown>][] = [
  ['memroy', { memroy: '1g' }],
  ['memory', { memory: '5m' }],
  ['memory', { memory: 'lots' }],
  ['memorySwap', { memorySwap: '1g' }],
  ['cpus', { cpus: -1 }],
  ['pidsLimit', { pidsLimit: 1.5 }],
  ['command', { command: 'sh -c x' }],
  ['env', { env: 'A=1' }],
  ['workdir', { workdir: 'relative' }],
  ['network', { network: 'bridge' }],
  ['capAdd[0]', { capAdd: ['FLY'] }],
  ['stdin', { stdin: 'maybe' }],
  ['stdout', { stdout: 999_999 }],
  ['stdin', { tty: true, stdin: 'inherit' }],
  ['stdout', { tty: true, stdout: 'ignore' }],
  ['stderr', { tty: true, stderr: 'pipe' }],
  ['consoleSize', { consoleSize: { rows: 1, columns: 1 } }],
  ['mounts[0].type', { mounts: [{ type: 'nfs' }] }],
  ['mounts[0].target', { mounts: [{ type: 'tmpfs', target: '/proc/sys' }] }],
  ['volumes[0]', { volumes: ['name:/x'] }],
  ['tmpfs./x', { tmpfs: { '/x': 'colour=red' } }],
  ['devices[0]', { devices: ['/dev/none'] }],
  ['stopSignal', { stopSignal: 'SIGNOTHING' }],
  ['stopTimeout', { stopTimeout: -2 }],
  ['timeoutMs', { timeoutMs: 0 }],
  ['lifetime', { lifetime: 'detached' }],
  ['hostname', { hostname: 'a b' }],
  ['command[1]', { command: ['echo', 'half of \ud83d'] }],
  ['env.A', { env: { A: '\udc00' } }],
  ['env.A', { env: { A: '\0' } }],
  ['workdir', { workdir: '/\ud83d' }],
  ['name', { name: '../x' }],
  ['securityOpt[0]', { securityOpt: ['magic'] }],
  ['ulimits.stars', { ulimits: { stars: 1 } }],
  ['usernsMode', { usernsMode: 'keep-id' }],
  ['uidMappings', { uidMappings: ['0:1:1'] }],
  ['privileged', { privileged: 'yes' }],
  ['engine', { engine: { root: '/x' } }],
];

describe('a wrong option', () => {
  needs('containers');
  let engine: Engine;
  before(() => {
    engine = new Engine({ root: freshRoot() });
  });
  after(async () => {
    await engine.close();
    rmSync(engine.root, { recursive: true });
  });
  const run = (options: Record<string, unknown>) =>
    Container.run({ engine, image: 'host', command: ['true'], ...options } as ContainerOptions);

  for (const [option, options] of WRONG) {
    it(`${JSON.stringify(options)} is refused as ${option}, with what is allowed`, async () => {
      const before = census();
      await assert.rejects(run(options), (error: InvalidArgumentError) => {
        assert.equal(error.name, 'InvalidArgumentError', error.message);
        assert.equal(error.code, 'ERR_INVALID_ARGUMENT');
        assert.equal(error.option, option);
        assert.ok(error.allowed.length > 0);
        assert.ok(error.message.startsWith(`${option}: got `), error.message);
        return true;
      });
      assertSameCensus(before, census());
      assert.deepEqual(await Container.list({ all: true, engine }), []);
      assert.deepEqual(leftFolders(engine.root), []);
    });
  }

  it('of an Engine is refused by its name', () => {
    assert.throws(() => new Engine({ rot: '/x' } as never), { option: 'rot' });
    assert.throws(() => new Engine({ root: '' }), { option: 'root' });
    assert.throws(() => new Engine({ root: 'a\0b' }), { option: 'root' });
    assert.throws(() => new Engine({ preparedStarts: 9 }), { option: 'preparedStarts' });
    assert.throws(() => new Engine(null as never), { option: 'options' });
  });

  it('is refused before the engine makes anything', async () => {
    const unused = new Engine({ root: '/nonexistent/slipway' });
    await assert.rejects(run({ engine: unused, memory: 1 }), { option: 'memory' });
    await unused.close();
    assert.equal(existsSync('/nonexistent'), false);
  });
});

const CALLS: [option: string, call: (box: Container, engine: Engine) => unknown][] = [
  ['timeout', (box) => box.stop({ timeout: 3 } as never)],
  ['timeoutMs', (box) => box.stop({ timeoutMs: '1s' as never })],
  ['timeoutMs', (box) => box.stop({ timeoutMs: NaN })],
  ['timeoutMs', (box) => box.stop({ timeoutMs: 2 ** 31 })],
  ['signal', (box) => box.stop({ signal: 'SIGNOTHING' })],
  ['signal', (box) => box.wait({ signal: {} as AbortSignal })],
  ['options', (box) => box.wait(null as never)],
  ['forced', (box) => box.remove({ forced: true } as never)],
  ['force', (box) => box.remove({ force: 'yes' as never })],
  ['rows', (box) => box.resize(0, 80)],
  ['columns', (box) => box.resize(24, 65_536)],
  ['command', (box) => box.exec('ls -l' as never)],
  ['command', (box) => box.exec`echo ${undefined as never}`],
  ['options', (box) => box.exec(['true'], 'x' as never)],
  ['container', (_, engine) => Container.get(5 as never, { engine })],
  ['engine', () => Container.get('x', { engine: {} as Engine })],
  ['al', (_, engine) => Container.list({ al: true, engine } as never)],
  ['image', (_, engine) => Image.get(5 as never, { engine })],
  ['engine', () => Image.list({ engine: 'x' as never })],
  ['tags', (_, engine) => Image.import('/', { tags: 'x', engine } as never)],
  ['signal', (_, engine) => Image.import('/', { signal: 'x' as never, engine })],
  ['onProgress', (_, engine) => Image.import('/', { onProgress: 'x' as never, engine })],
  ['force', (_, engine) => Image.remove('x', { force: 1 as never, engine })],
];

describe('a wrong option of a call', () => {
  needs('containers', 'busybox');
  const boxes = useBoxes();
  let box: Container;
  beforeEach(async () => {
    box = await boxes.run({ tty: true });
  });

  for (const [option, call] of CALLS) {
    const written = /=>\s*(.*)/s.exec(`${call}`)?.[1];
    it(`${written} is refused as ${option}, and nothing happens`, async () => {
      await assert.rejects(async () => await call(box, boxes.engine), {
        name: 'InvalidArgumentError',
        option,
      });
      assert.equal(box.running, true);
    });
  }
});

describe('a command that cannot run', () => {
  needs('containers', 'busybox');
  const boxes = useBoxes();

  async function fails(command: string[], code: string, path: string) {
    await assert.rejects(boxes.run({ command }), { code, path, step: 'exec' });
    assert.deepEqual(await Container.list({ all: true, engine: boxes.engine }), []);
  }

  it('because it is not there is ERR_COMMAND_NOT_FOUND', async () => {
    await fails(['no-such'], 'ERR_COMMAND_NOT_FOUND', 'no-such');
    await fails(['/bin/no-such'], 'ERR_COMMAND_NOT_FOUND', '/bin/no-such');
    await fails(['/etc/passwd/sh'], 'ERR_COMMAND_NOT_FOUND', '/etc/passwd/sh');
  });

  it('because it is no program is ERR_COMMAND_NOT_EXECUTABLE', async () => {
    await fails(['/etc/passwd'], 'ERR_COMMAND_NOT_EXECUTABLE', '/etc/passwd');
    await fails(['/etc'], 'ERR_COMMAND_NOT_EXECUTABLE', '/etc');
  });

  it('because its interpreter is missing says so', async () => {
    const box = await boxes.run();
    const make =
      "printf '#!/none/sh\\n' > /script; chmod 755 /script; printf 'junk' > /junk; chmod 755 /junk";
    await box.exec(['sh', '-c', make]);
    await assert.rejects(
      Promise.resolve(box.exec(['/script'])),
      (error: Error & { hint?: string; code: string }) => {
        assert.equal(error.code, 'ERR_COMMAND_NOT_FOUND');
        assert.match(error.hint ?? '', /interpreter/);
        return true;
      },
    );
    await assert.rejects(Promise.resolve(box.exec(['/junk'])), {
      code: 'ERR_COMMAND_NOT_EXECUTABLE',
    });
  });

  it('because there is none is refused', async () => {
    await assert.rejects(boxes.run({ command: [], entrypoint: [] }), {
      name: 'InvalidArgumentError',
      option: 'command',
    });
  });
});
