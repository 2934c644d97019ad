// SPDX-License-Identifier: Apache-2.0
// Images whose files stand where the engine works: whatever they are, nothing
// outside the container's own folder may change, and the container either runs
// shut in or fails with an error that says where.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, describe, it } from 'mocha';
import { Container, Image } from '../../../lib/index.js';
import { failure, machinePicture, makeVictim, picture, useRange } from './attack.js';

const RUNS = 'runs';
const LINK = 'ELOOP';

type Kind =
  | ('absolute' | 'climbing' | 'dangling' | 'into the volume')
  | ('to the devices' | 'to the root' | 'fifo' | 'file' | 'folder');

// What stands at a path of the image, and how the start ends: it runs, or this errno.
const CASES: readonly [path: string, kind: Kind, expected: string][] = [
  ['/dev', 'absolute', LINK],
  ['/dev', 'climbing', LINK],
  ['/dev', 'dangling', LINK],
  ['/dev', 'into the volume', LINK],
  ['/dev', 'file', 'ENOTDIR'],
  ['/dev/null', 'absolute', RUNS],
  ['/dev/null', 'climbing', RUNS],
  ['/dev/null', 'fifo', RUNS],
  ['/dev/null', 'folder', RUNS],
  ['/dev/pts', 'absolute', RUNS],
  ['/dev/pts', 'climbing', RUNS],
  ['/dev/console', 'absolute', RUNS],
  ['/dev/console', 'climbing', RUNS],
  ['/dev/console', 'fifo', RUNS],
  ['/dev/shm', 'absolute', RUNS],
  ['/dev/mqueue', 'climbing', RUNS],
  ['/dev/ptmx', 'absolute', RUNS],
  ['/proc', 'absolute', LINK],
  ['/proc', 'climbing', LINK],
  ['/proc', 'dangling', LINK],
  ['/proc', 'into the volume', LINK],
  ['/proc', 'file', 'ENOTDIR'],
  ['/sys', 'absolute', LINK],
  ['/sys', 'climbing', LINK],
  ['/sys', 'file', 'ENOTDIR'],
  ['/sys/fs/cgroup', 'absolute', RUNS],
  ['/etc', 'absolute', RUNS],
  ['/etc', 'climbing', RUNS],
  ['/etc', 'into the volume', RUNS],
  ['/etc', 'dangling', 'EEXIST'],
  ['/etc', 'file', 'ENOTDIR'],
  ['/etc/hosts', 'absolute', RUNS],
  ['/etc/hosts', 'climbing', RUNS],
  ['/etc/hosts', 'dangling', 'EEXIST'],
  ['/etc/hosts', 'fifo', RUNS],
  ['/etc/hosts', 'folder', 'EISDIR'],
  ['/etc/resolv.conf', 'absolute', RUNS],
  ['/etc/resolv.conf', 'climbing', RUNS],
  ['/etc/hostname', 'fifo', RUNS],
  ['/etc/passwd', 'absolute', RUNS],
  ['/etc/passwd', 'fifo', 'EINVAL'],
  ['/etc/passwd', 'folder', 'EINVAL'],
  ['/etc/group', 'climbing', RUNS],
  ['/work', 'absolute', RUNS],
  ['/work', 'climbing', RUNS],
  ['/work', 'dangling', 'ENOENT'],
  ['/work', 'file', 'ENOTDIR'],
  ['/mnt', 'absolute', RUNS],
  ['/mnt', 'climbing', RUNS],
  ['/mnt', 'dangling', 'EEXIST'],
  ['/mnt/volume', 'absolute', RUNS],
  ['/mnt/volume', 'climbing', RUNS],
  ['/mnt/volume', 'dangling', 'EEXIST'],
  ['/mnt/volume', 'to the devices', LINK],
  ['/mnt/volume', 'to the root', LINK],
  ['/mnt/volume', 'file', 'ENOTDIR'],
  ['/mnt/memory', 'to the devices', LINK],
  ['/mnt/memory', 'to the root', LINK],
  ['/mnt/file', 'absolute', RUNS],
  ['/mnt/file', 'climbing', RUNS],
  ['/mnt/file', 'dangling', 'EEXIST'],
  ['/mnt/file', 'fifo', RUNS],
  ['/mnt/file', 'folder', 'EISDIR'],
  ['/mnt/memory', 'absolute', RUNS],
  ['/mnt/memory', 'climbing', RUNS],
];

// Where a link leads when it is followed on the machine: to what the attack wants.
const PREY: Readonly<Record<string, string>> = {
  '/dev/null': 'null',
  '/dev/pts': 'pts',
  '/dev/console': 'console',
  '/dev/shm': 'shm',
  '/dev/mqueue': 'shm',
  '/dev/ptmx': 'file',
  '/etc': 'etc',
  '/etc/hosts': 'etc/hosts',
  '/etc/resolv.conf': 'etc/resolv.conf',
  '/etc/passwd': 'etc/passwd',
  '/etc/group': 'etc/passwd',
  '/work': 'work',
  '/mnt/file': 'file',
};

describe('images that stand in the way of the engine', function () {
  this.timeout(30_000);
  const range = useRange('look');
  const victim = join(range.folder, 'victim');
  const volume = join(range.folder, 'volume');
  const file = join(range.folder, 'file');

  const images = new Map<string, Image>();

  before(async () => {
    makeVictim(victim);
    mkdirSync(volume);
    writeFileSync(file, 'a file to bind\n');
    const left = [...CASES];
    const work = async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) {
        images.set(`${next[0]} ${next[1]}`, await importTree(next[0], next[1]));
      }
    };
    await Promise.all([work(), work(), work(), work()]);
  });

  function makeTree(path: string, kind: Kind): string {
    const tree = range.make(`tree${path.replaceAll('/', '-')}-${kind.replaceAll(' ', '-')}`);
    writeFileSync(join(tree, 'marker'), '');
    copyFileSync(join(range.probes, 'look'), join(tree, 'look'));
    // The same paths inside: a link that stays in the image has somewhere to lead.
    makeVictim(join(tree, victim));
    const at = join(tree, path);
    mkdirSync(dirname(at), { recursive: true });
    const prey = join(victim, PREY[path] ?? '');
    if (kind === 'absolute') symlinkSync(prey, at);
    if (kind === 'climbing') symlinkSync(`../../../../../../../../../..${prey}`, at);
    if (kind === 'dangling') symlinkSync('/nowhere/at/all', at);
    if (kind === 'into the volume') symlinkSync('/mnt/volume', at);
    if (kind === 'to the devices') symlinkSync('/dev', at);
    if (kind === 'to the root') symlinkSync('../..', at);
    if (kind === 'fifo') execFileSync('mkfifo', [at]);
    if (kind === 'file') writeFileSync(at, '');
    if (kind === 'folder') mkdirSync(at);
    return tree;
  }

  async function importTree(path: string, kind: Kind): Promise<Image> {
    const tree = makeTree(path, kind);
    const image = await Image.import(tree, { engine: range.engine });
    rmSync(tree, { recursive: true });
    return image;
  }

  async function start(path: string, kind: Kind): Promise<string> {
    const image = images.get(`${path} ${kind}`) ?? assert.fail('no such image');
    await using box = await Container.run({
      engine: range.engine,
      image,
      command: ['/look'],
      tty: path.startsWith('/dev'),
      workdir: '/work',
      volumes: [`${volume}:/mnt/volume`, `${file}:/mnt/file`],
      tmpfs: { '/mnt/memory': '' },
    });
    await box.wait();
    return (await box.stdout.text()).trim();
  }

  for (const [path, kind, expected] of CASES) {
    it(`${path} as ${kind}: ${expected}`, async () => {
      const before = { victim: picture(victim), machine: machinePicture() };
      if (expected === RUNS) {
        assert.equal(await start(path, kind), 'contained');
      } else {
        const error = await failure(start(path, kind));
        assert.ok(error.message.includes(expected), error.message);
        assert.ok(error.step !== undefined && error.path !== undefined, error.message);
      }
      assert.deepEqual({ victim: picture(victim), machine: machinePicture() }, before);
    });
  }

  it('puts nothing into a volume that an image leads it to, but the files of /etc', async () => {
    const names = new Set(Object.keys(picture(volume)));
    for (const name of ['null', 'zero', 'tty', 'ptmx', 'pts', 'shm']) assert.ok(!names.has(name));
  });
});
