// SPDX-License-Identifier: Apache-2.0
// Each named place of create, start, exec, remove, of an engine's own start and of what it does
// unasked fails once. The places are read from the sources, so that none is forgotten.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Container,
  type ContainerOptions,
  Engine,
  Image,
  type SlipwayError,
} from '../../lib/index.js';
import { freshRoot } from '../helpers/boxes.js';
import { importBusybox } from '../helpers/busybox.js';
import { assertCensusReturnsTo, type Census, settledCensus } from '../helpers/census.js';
import { cgroupsNamed, childrenOf, until } from '../helpers/host.js';
import { assertNothingOfContainers, containerCgroups, settledFds } from '../helpers/leftovers.js';
import { needs } from '../helpers/needs.js';

const IDS = '0:100000:65536';
const USERNS = { usernsMode: 'private', uidMappings: [IDS], gidMappings: [IDS] } as const;
const PARENT = '/slipway-failpoints';

// What each request passes on its way, in order.
const CREATE = ['look up image', 'build configuration', 'register container'];
const START = [
  'start/open stdio',
  'seccomp/compile filter',
  'start/fork slot',
  'start/create cgroup parent',
  'start/create cgroup',
  'start/join cgroup',
  'start/enter namespaces early',
  'start/send plan',
];
const USERNS_START = [
  'start/fork helper',
  'start/create cgroup parent',
  'start/create cgroup',
  'start/join cgroup',
  'start/make user namespace',
  'start/write id mappings',
  'start/map ids of layers',
  'start/become root of namespace',
  'start/send plan',
];
const PARENT_START = ['start/record cgroup parent'];
const EXEC = [
  ...['fork agent', 'join cgroup', 'join container', 'wear filter', 'ask agent', 'fork exec'],
];
const REMOVE = ['start sweeper', 'move folder away'];
const WORK = ['start worker', 'work on files'];
// What the engine hears of those it serves, which no request waits for in its own turn.
const SERVE = ['hear start', 'report end', 'hear worker', 'hear sweeper', 'hear exec'];
const LAUNCH = [
  'launch supervisor',
  'send settings',
  'make engine folders',
  'claim folders',
  'make scope folder',
  'greet program',
];
const WAITING = [
  'prepare slot',
  'fork slot',
  'create cgroup',
  'join cgroup',
  'enter namespaces early',
  'prepare rootfs',
  'prepare file systems',
  'hear slot',
];
const CLOSE = ['remove folder', 'remove cgroup', 'remove cgroup parent'];

function pointsOfSources(): Set<string> {
  const found = new Set<string>();
  for (const folder of ['cpp', 'lib']) {
    const base = fileURLToPath(new URL(`../../${folder}/`, import.meta.url));
    for (const file of readdirSync(base, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(cc|ts)$/.test(file)) continue;
      const text = readFileSync(join(base, file), 'utf8');
      for (const [, name] of text.matchAll(/\bfailPoint\((?:'\w+', )?["']([^"']+)["']\)/g)) {
        found.add(name as string);
      }
    }
  }
  return found;
}

async function failing<T>(point: string, run: () => Promise<T>): Promise<T> {
  process.env.SLIPWAY_FAIL_POINT = point;
  try {
    return await run();
  } finally {
    delete process.env.SLIPWAY_FAIL_POINT;
  }
}

const failedAt = (point: string) => (error: SlipwayError) => {
  const step = point.slice(point.indexOf('/') + 1);
  assert.equal(error.code, 'EIO', `${error.message} at ${point}`);
  assert.equal(error.step, step);
  assert.equal(error.syscall, 'failpoint');
  assert.equal(error.hint, 'injected failure');
  return true;
};

describe('a place that fails', () => {
  needs('root', 'busybox', 'cgroups');
  let root = '';
  let imageId: string;
  let baseline: Census;
  let engine: Engine;

  before(async () => {
    root = freshRoot();
    await using first = new Engine({ root });
    imageId = (await importBusybox(first)).id;
  });
  after(() => {
    // Runs where the tests are skipped, too.
    if (root === '') return;
    rmSync(root, { recursive: true });
    // The parent itself is its owner's to remove; this leaves it where it is not empty.
    for (const folder of cgroupsNamed(PARENT)) rmdirSync(folder);
  });
  beforeEach(async () => {
    baseline = await settledCensus();
    open(0);
  });
  afterEach(async () => {
    await engine.close();
    await assertCensusReturnsTo(baseline);
    for (const part of ['scope', 'run']) {
      assert.deepEqual(existsSync(join(root, part)) ? allNames(join(root, part)) : [], []);
    }
  });

  function open(preparedStarts: number): void {
    engine = new Engine({ root, preparedStarts });
  }

  const options = async (more: object): Promise<ContainerOptions> => ({
    engine,
    image: await Image.get(imageId, { engine }),
    command: ['sleep', '600'],
    ...more,
  });
  const starting = (given: ContainerOptions) => () => Container.run(given);
  const run = async (more: object = {}) => Container.run(await options(more));

  async function assertGoesOn(more: object = {}): Promise<void> {
    await using box = await run({ ...more, name: 'same' });
    assert.equal((await box.exec(['echo', 'on'])).stdout, 'on');
  }

  it('is in one of the lists here', () => {
    const listed = [CREATE, START, USERNS_START, PARENT_START, EXEC]
      .concat([REMOVE, WORK, SERVE, LAUNCH, WAITING, CLOSE])
      .flat()
      .map((point) => point.slice(point.indexOf('/') + 1));
    assert.deepEqual([...new Set(listed)].sort(), [...pointsOfSources()].sort());
  });

  for (const point of CREATE) {
    it(`of create is named and leaves nothing: ${point}`, async () => {
      await engine.supervisor();
      const create = async () => Container.create(await options({ name: 'same' }));
      await assert.rejects(failing(`create/${point}`, create), failedAt(point));
      await assertNothingOfContainers(engine);
      await assertGoesOn();
    });
  }

  for (const [words, list, more] of [
    ['of a start', START, {}],
    ['of a start with a terminal', START.filter((point) => !/stdio/.test(point)), { tty: true }],
    ['of a start in a user namespace', USERNS_START, USERNS],
    ['of a start below another cgroup', PARENT_START, { cgroupParent: PARENT }],
  ] as const) {
    for (const point of list) {
      it(`${words} is named and leaves nothing: ${point}`, async () => {
        const start = starting(await options({ ...more, name: 'same' }));
        await engine.supervisor();
        const fds = await settledFds();
        await assert.rejects(failing(point, start), failedAt(point));
        await assertNothingOfContainers(engine);
        assert.deepEqual(await settledFds(), fds);
        await assertGoesOn(more);
        await assertNothingOfContainers(engine);
      });
    }
  }

  for (const point of EXEC) {
    it(`of an exec is named, and the container goes on: ${point}`, async () => {
      await using box = await run();
      const fds = await settledFds();
      const exec = async () => void (await box.exec(['true']));
      await assert.rejects(failing(`exec/${point}`, exec), failedAt(point));
      assert.deepEqual(await settledFds(), fds);
      assert.equal((await box.exec(['echo', 'on'])).stdout, 'on');
      await box.remove({ force: true });
      await assertNothingOfContainers(engine);
    });
  }

  for (const point of REMOVE) {
    it(`of a removal is named, and the next one succeeds: ${point}`, async () => {
      const box = await run({ command: ['touch', '/written'] });
      await box.wait();
      await assert.rejects(
        failing(`remove/${point}`, () => box.remove()),
        failedAt(point),
      );
      assert.equal(box.status, 'exited');
      assert.equal((await Container.list({ all: true, engine })).length, 1);
      await box.remove();
      await assertNothingOfContainers(engine);
    });
  }

  for (const point of WORK) {
    it(`of work on files is named and leaves no worker: ${point}`, async () => {
      const source = join(root, 'source');
      const destination = join(root, 'destination');
      for (const folder of [source, destination]) mkdirSync(folder);
      const copy = () => engine.imageWorker.copy({ source, destination });
      await assert.rejects(failing(`work/${point}`, copy), failedAt(point));
      assert.deepEqual(childrenOf((await engine.supervisor()).pid), []);
      assert.equal((await copy()).skippedDevices, 0);
      for (const folder of [source, destination]) rmSync(folder, { recursive: true });
    });
  }

  for (const point of LAUNCH) {
    it(`of an engine's start is named and leaves nothing: ${point}`, async () => {
      await assert.rejects(
        failing(`engine/${point}`, () => engine.supervisor()),
        failedAt(point),
      );
      await assertCensusReturnsTo(baseline);
      assert.deepEqual(allNames(join(root, 'run')), []);
      await assertGoesOn();
    });
  }

  for (const point of WAITING) {
    it(`of a start made ready in advance is not felt, and leaves nothing: ${point}`, async () => {
      open(2);
      await failing(`engine/${point}`, () => engine.supervisor());
      for (let round = 0; round < 3; round++) await assertGoesOn();
      await engine.close();
      assert.deepEqual(cgroupsNamed(engine.id), []);
    });
  }

  describe('of the service of one container', () => {
    const warned: (Error & { code?: string })[] = [];
    const listen = (warning: Error) => void warned.push(warning);
    let other: Container;
    let pid: number;

    beforeEach(() => {
      warned.length = 0;
      process.on('warning', listen);
    });
    afterEach(() => void process.off('warning', listen));

    async function failsOnce(point: string): Promise<void> {
      ({ pid } = await failing(`engine/${point}`, () => engine.supervisor()));
    }

    async function assertOthersLive(codes: string[]): Promise<void> {
      assert.equal((await other.exec(['echo', 'lives'])).stdout, 'lives');
      assert.equal((await engine.supervisor()).pid, pid);
      await other.remove({ force: true });
      await assertNothingOfContainers(engine);
      await assertGoesOn();
      assert.deepEqual(
        warned.map(({ code }) => code),
        codes,
      );
    }

    it('fails its start alone', async () => {
      await failsOnce('hear start');
      await assert.rejects(run(), failedAt('hear start'));
      await assertNothingOfContainers(engine);
      other = await run();
      await assertOthersLive([]);
    });

    it('keeps nothing back of its end but what failed', async () => {
      await failsOnce('report end');
      other = await run();
      const box = await run({ command: ['sh', '-c', 'exit 7'] });
      assert.equal((await box.wait()).exitCode, 7);
      await box.remove();
      await assertOthersLive(['SLIPWAY_CONTAINER_ENDED']);
      assert.match(warned[0]?.message ?? '', new RegExp(`container ${box.id} was ended`));
    });

    it('ends it while it runs, with all it runs', async () => {
      await failsOnce('hear exec');
      const box = await run();
      const exec = Promise.allSettled([box.exec(['sleep', '601'])]);
      assert.equal((await box.wait()).signal, 'SIGKILL');
      await exec;
      await box.remove();
      other = await run();
      await assertOthersLive(['SLIPWAY_CONTAINER_ENDED']);
    });

    it('fails work on files alone', async () => {
      await failsOnce('hear worker');
      other = await run();
      const folders = { source: join(root, 'from'), destination: join(root, 'to') };
      for (const folder of Object.values(folders)) mkdirSync(folder);
      await assert.rejects(engine.imageWorker.copy(folders), failedAt('hear worker'));
      assert.equal((await engine.imageWorker.copy(folders)).skippedDevices, 0);
      for (const folder of Object.values(folders)) rmSync(folder, { recursive: true });
      await assertOthersLive([]);
    });

    it('loses who sweeps, and gets another', async () => {
      await failsOnce('hear sweeper');
      other = await run();
      await (await run({ command: ['true'], autoRemove: true })).wait();
      const [sweeper = 0] = childrenOf(pid).filter((child) => child !== other.pid);
      process.kill(sweeper, 'SIGKILL');
      await until('it is told', () => warned.length > 0);
      await (await run({ command: ['true'], autoRemove: true })).wait();
      await assertOthersLive(['SLIPWAY_NOT_REMOVED']);
    });

    it('leaves its folder to who sweeps as soon as there is one', async () => {
      await failsOnce('start sweeper');
      other = await run();
      await (await run({ command: ['true'], autoRemove: true })).wait();
      const sweepers = () => childrenOf(pid).filter((child) => child !== other.pid);
      assert.deepEqual(sweepers(), []);
      const trash = join(root, 'scope', engine.id, 'trash');
      await until('one has come', () => sweepers().length === 1 && allNames(trash).length === 0);
      await assertOthersLive(['SLIPWAY_NOT_REMOVED']);
    });
  });

  it('of what follows a failed start rides along, and is made good soon after', async () => {
    for (const point of ['remove folder', 'remove cgroup']) {
      open(0);
      await failing(`engine/${point}`, () => engine.supervisor());
      process.env.SLIPWAY_FAIL_STEP = 'pivot root';
      try {
        await assert.rejects(run(), ({ step, cause }: SlipwayError) => {
          assert.equal(step, 'pivot root');
          return failedAt(point)(cause as SlipwayError);
        });
      } finally {
        delete process.env.SLIPWAY_FAIL_STEP;
      }
      await assertNothingOfContainers(engine);
      await assertGoesOn();
      await engine.close();
    }
  });

  it('of the end of a container is made good soon after', async () => {
    await failing('engine/remove cgroup', () => engine.supervisor());
    const box = await run({ command: ['true'] });
    assert.equal((await box.wait()).exitCode, 0);
    assert.notDeepEqual(containerCgroups(engine), []);
    await box.remove();
    await assertNothingOfContainers(engine);
    await assertGoesOn();
  });

  for (const point of CLOSE) {
    it(`of the end of an engine is made good by the next: ${point}`, async () => {
      await failing(`engine/${point}`, () => engine.supervisor());
      await run();
      await engine.close();
      const closed = engine.id;
      open(0);
      await engine.supervisor();
      assert.deepEqual(cgroupsNamed(closed), []);
    });
  }
});

function allNames(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' });
}
