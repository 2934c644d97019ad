// SPDX-License-Identifier: Apache-2.0
// Failures of the machine itself, with nothing injected: no processes, no descriptors, folders
// that went away or are something else. Each is told in full and leaves nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import {
  Container,
  type ContainerOptions,
  Engine,
  Image,
  isSlipwayError,
  type SlipwayError,
} from '../../lib/index.js';
import { freshRoot, leftFolders } from '../helpers/boxes.js';
import { importBusybox } from '../helpers/busybox.js';
import { assertCensusReturnsTo, type Census, settledCensus } from '../helpers/census.js';
import { cgroupsNamed, cgroupV2 } from '../helpers/host.js';
import { assertNothingOfContainers, settledFds } from '../helpers/leftovers.js';
import { needs } from '../helpers/needs.js';

const CGROUPS = cgroupV2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/pids';

interface Told {
  code: string;
  step: string;
  syscall: string;
  path?: string;
  hint?: RegExp;
}

function assertTold(error: unknown, told: Told): true {
  assert.ok(isSlipwayError(error), String(error));
  const { code, step, syscall } = error;
  assert.deepEqual(
    { code, step, syscall },
    { code: told.code, step: told.step, syscall: told.syscall },
  );
  assert.ok((error.errno ?? 0) < 0, `${error.errno}`);
  if (told.path !== undefined) assert.equal(error.path, told.path);
  if (told.hint !== undefined) assert.match(error.hint ?? '', told.hint);
  return true;
}

describe('a failure of the machine', () => {
  needs('root', 'busybox', 'cgroups', 'prlimit');
  let root = '';
  let baseline: Census;
  let engine: Engine;
  let image: Image;

  before(async () => {
    root = freshRoot();
    await using first = new Engine({ root });
    await importBusybox(first);
  });
  after(() => {
    // Runs where the tests are skipped, too.
    if (root !== '') rmSync(root, { recursive: true });
  });
  beforeEach(async () => {
    baseline = await settledCensus();
    engine = new Engine({ root, preparedStarts: 0 });
    image = await Image.get('busybox:test', { engine });
  });
  afterEach(async () => {
    await engine.close();
    await assertCensusReturnsTo(baseline);
    assert.deepEqual(leftFolders(root), []);
    assert.deepEqual(cgroupsNamed(engine.id), []);
  });

  const run = (more: Partial<ContainerOptions> = {}) =>
    Container.run({ engine, image, command: ['sleep', '600'], ...more });

  async function assertRefused(told: Told, start: () => Promise<unknown> = run): Promise<void> {
    await engine.supervisor();
    const fds = await settledFds();
    await assert.rejects(start, (error) => assertTold(error, told));
    assert.deepEqual(await settledFds(), fds);
  }

  async function assertGoesOn(): Promise<void> {
    await using box = await run({ name: 'next' });
    assert.equal((await box.exec(['echo', 'on'])).stdout, 'on');
  }

  const scope = () => join(root, 'scope', engine.id);

  it('of a layer that went away between create and start', async () => {
    const layer = image.layers().lower[0] as string;
    const box = await Container.create({ engine, image, command: ['true'] });
    renameSync(layer, `${layer}.away`);
    try {
      const told = { code: 'ENOENT', step: 'mount rootfs', syscall: 'open', path: layer };
      await assertRefused(told, () => box.start());
      assert.equal(box.status, 'created');
    } finally {
      renameSync(`${layer}.away`, layer);
    }
    await box.start();
    assert.equal((await box.wait()).exitCode, 0);
    await box.remove();
    await assertNothingOfContainers(engine);
  });

  describe('of processes: the pids limit of a cgroup', () => {
    let cgroup: string;
    beforeEach(async () => {
      cgroup = join(CGROUPS, `slipway-test-${process.pid}`);
      mkdirSync(cgroup);
      const { pid } = await engine.supervisor();
      writeFileSync(join(cgroup, 'cgroup.procs'), `${pid}`);
    });
    afterEach(async () => {
      await engine.close();
      rmdirSync(cgroup);
    });
    const limit = (count: string) => writeFileSync(join(cgroup, 'pids.max'), count);

    it('stops a start', async () => {
      limit('1');
      await assertRefused({ code: 'EAGAIN', step: 'fork slot', syscall: 'clone3' });
      limit('max');
      await assertNothingOfContainers(engine);
      await assertGoesOn();
    });

    it('stops an exec, and the container goes on', async () => {
      const box = await run();
      limit('1');
      const exec = async () => void (await box.exec(['true']));
      await assertRefused({ code: 'EAGAIN', step: 'fork agent', syscall: 'clone3' }, exec);
      limit('max');
      assert.equal((await box.exec(['echo', 'on'])).stdout, 'on');
      await box.remove({ force: true });
      await assertNothingOfContainers(engine);
    });

    it('stops a removal, and the next one succeeds', async () => {
      const box = await run({ command: ['true'] });
      await box.wait();
      limit('1');
      const told = { code: 'EAGAIN', step: 'remove folder', syscall: 'clone3' };
      await assertRefused(told, () => box.remove());
      limit('max');
      await box.remove();
      await assertNothingOfContainers(engine);
    });

    it('stops work on files', async () => {
      const source = join(root, 'source');
      mkdirSync(source);
      limit('1');
      const remove = () => engine.imageWorker.remove(source);
      await assertRefused({ code: 'EAGAIN', step: 'start worker', syscall: 'clone3' }, remove);
      limit('max');
      await remove();
      assert.ok(!readdirSync(root).includes('source'));
    });
  });

  for (const kind of [
    'start',
    'start with a terminal',
    'exec',
    'exec with a terminal',
    'user namespace',
  ] as const) {
    it(`of descriptors in the supervisor, however many are free: ${kind}`, async function () {
      this.timeout(60_000);
      const { pid } = await engine.supervisor();
      const limit = (count: number) =>
        execFileSync('prlimit', [`--pid=${pid}`, `--nofile=${count}:`]);
      const ids = ['0:100000:65536'];
      const more: Partial<ContainerOptions> = {
        tty: kind === 'start with a terminal',
        ...(kind === 'user namespace'
          ? { usernsMode: 'private', uidMappings: ids, gidMappings: ids }
          : {}),
      };
      const failures = new Set<string>();
      let good = 0;
      for (let count = 4; count <= 64; count += count < 32 ? 1 : 8) {
        limit(1024);
        const box = kind.startsWith('exec') ? await run() : undefined;
        limit(count);
        try {
          if (box !== undefined) await box.exec(['true'], { tty: kind === 'exec with a terminal' });
          else await (await run(more)).remove({ force: true });
          good++;
        } catch (error) {
          assert.ok(isSlipwayError(error), String(error));
          assert.equal(error.code, 'EMFILE', `${error.message} with ${count}`);
          assert.ok(error.step && error.syscall, error.message);
          failures.add(error.step);
        }
        limit(1024);
        for (const left of await Container.list({ all: true, engine })) {
          await left.remove({ force: true });
        }
        await assertNothingOfContainers(engine);
      }
      assert.ok(failures.size >= 2 && good > 0, `${[...failures].join()} and ${good} good`);
      await assertGoesOn();
    });
  }

  it('of the folder of what runs, which went away', async () => {
    await engine.supervisor();
    rmSync(join(root, 'run', engine.id), { recursive: true });
    await assertGoesOn();
    await assertNothingOfContainers(engine);
  });

  it('of the folder of containers, which went away', async () => {
    await engine.supervisor();
    rmSync(scope(), { recursive: true });
    await assertRefused({
      code: 'ENOENT',
      step: 'mount rootfs',
      syscall: 'mkdir',
      path: `${scope()}/1`,
    });
    mkdirSync(scope());
    await assertNothingOfContainers(engine);
    await assertGoesOn();
  });

  it('of a file or link where a container would have its folder', async () => {
    await engine.supervisor();
    writeFileSync(join(scope(), '1'), '');
    symlinkSync('/', join(scope(), '2'));
    const folder = { step: 'mount rootfs', syscall: 'open' };
    await assertRefused({ ...folder, code: 'ENOTDIR', path: `${scope()}/1` });
    await assertRefused({ ...folder, code: 'ENOTDIR', path: `${scope()}/2` });
    await assertNothingOfContainers(engine);
    await assertGoesOn();
  });

  it('of a cgroup where a container would have its own', async () => {
    await using box = await run();
    const [own] = cgroupsNamed(engine.id).filter((folder) => folder.endsWith('/1'));
    const other = (own as string).replace(/1$/, '2');
    mkdirSync(other);
    const told = { code: 'EEXIST', step: 'create cgroup', syscall: 'mkdirat', hint: /left over/ };
    await assertRefused({ ...told, path: other });
    await box.remove({ force: true });
    await assertNothingOfContainers(engine);
    await assertGoesOn();
  });

  it('of a file where what is removed would go', async () => {
    await engine.supervisor();
    writeFileSync(join(scope(), 'trash'), '');
    const box = await run({ command: ['true'] });
    await box.wait();
    const told = { code: 'ENOTDIR', step: 'remove folder', syscall: 'rename' };
    await assertRefused(told, () => box.remove());
    rmSync(join(scope(), 'trash'));
    mkdirSync(join(scope(), 'trash'));
    await box.remove();
    await assertNothingOfContainers(engine);
  });

  for (const [what, path] of [
    ['where the folder of containers would be', () => join(root, 'scope')],
    ['where the folder of what runs would be', () => join(root, 'run')],
    ['where its own folder would be', () => join(root, 'run', engine.id)],
    ['where its own draft would be', () => join(root, 'run', `.${engine.id}`)],
    ['where its containers would be', () => scope()],
  ] as const) {
    it(`of a file ${what}, before the engine starts`, async () => {
      const at = path();
      rmSync(at, { recursive: true, force: true });
      mkdirSync(dirname(at), { recursive: true });
      writeFileSync(at, '');
      await assert.rejects(
        engine.supervisor(),
        ({ code, errno, step, syscall, path }: SlipwayError) => {
          assert.ok(['ENOTDIR', 'EEXIST'].includes(code) && (errno ?? 0) < 0, code);
          assert.ok(step && syscall && path, `${step} ${syscall} ${path}`);
          return true;
        },
      );
      await assertCensusReturnsTo(baseline);
      rmSync(at, { recursive: true, force: true });
      await assertGoesOn();
    });
  }
});
