// SPDX-License-Identifier: Apache-2.0
// Namespaces that are joined by their file, each type there is.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { LinuxNamespace, LinuxNamespaceType } from '../../lib/spec/types.js';
import { useBoxes } from '../helpers/boxes.js';
import { namespaceOf, statusOf, until } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';
import { type Change, linux, SpecBox } from '../helpers/specs.js';

// The words of OCI and the names below /proc/PID/ns.
const FILES = {
  network: 'net',
  uts: 'uts',
  pid: 'pid',
  ipc: 'ipc',
  cgroup: 'cgroup',
  time: 'time',
} as const;
const TYPES = Object.keys(FILES) as (keyof typeof FILES)[];

const fileOf = (pid: number, type: keyof typeof FILES) => `/proc/${pid}/ns/${FILES[type]}`;

/** Namespaces of its own of every type, but those given; and no sysctl, which needs its own. */
function namespaces(...given: LinuxNamespace[]): Change {
  const taken = new Set<LinuxNamespaceType>(given.map(({ type }) => type));
  const own = TYPES.filter((type) => !taken.has(type)).map((type) => ({ type }));
  const mount = taken.has('mount') ? [] : [{ type: 'mount' as const }];
  return linux({ namespaces: [...mount, ...own, ...given], sysctl: {} });
}

/** The types of which two processes share the namespace. */
const shared = (a: number, b: number) =>
  ['mnt', ...Object.values(FILES)].filter((name) => namespaceOf(a, name) === namespaceOf(b, name));

const sockets = (pid: number) =>
  ['tcp', 'tcp6'].map((name) => readFileSync(`/proc/${pid}/net/${name}`, 'utf8')).join('');

describe('namespaces joined by a path', () => {
  needs('root', 'busybox');
  const boxes = useBoxes();

  for (const type of TYPES) {
    it(`are of type ${type} the other's, and of no other type, in exec too`, async () => {
      await using first = await SpecBox.start(boxes, namespaces());
      const path = fileOf(first.pid, type);
      await using second = await SpecBox.start(boxes, namespaces({ type, path }));
      assert.deepEqual(shared(second.pid, first.pid), [FILES[type]]);
      const exec = await second.text(`readlink /proc/self/ns/${FILES[type]}`);
      assert.equal(exec, namespaceOf(first.pid, FILES[type]));
    });
  }

  it('are all joined at once', async () => {
    await using first = await SpecBox.start(boxes, namespaces());
    const all = TYPES.map((type) => ({ type, path: fileOf(first.pid, type) }));
    await using second = await SpecBox.start(boxes, namespaces(...all));
    assert.deepEqual(shared(second.pid, first.pid), Object.values(FILES));
  });

  it('show what is in them: processes, the host name, the queues, the loopback', async () => {
    const options = { hostname: 'first', sysctls: { 'kernel.msgmax': '4321' } };
    const first = await boxes.run(options);
    const all = TYPES.slice(0, 4).map((type) => ({ type, path: fileOf(first.pid, type) }));
    const listening = first.exec(['nc', '-l', '-p', '4321', '-e', 'echo', 'heard']);
    await listening.started;
    await until('nc listens', () => /:10E1 0+:0000 0A /.test(sockets(first.pid)));
    await using second = await SpecBox.start(boxes, namespaces(...all));
    const script = 'hostname; cat /proc/sys/kernel/msgmax; ps | grep -c "[n]c -l"';
    assert.equal(await second.text(script), 'first\n4321\n1');
    assert.equal(await second.text('nc 127.0.0.1 4321 < /dev/null'), 'heard');
    assert.equal((await first.exec(['hostname'])).stdout, 'first');
  });

  it('can be asked for by options', async () => {
    const first = await boxes.run({ cgroupns: 'private' });
    const second = await boxes.run({
      pid: `ns:${fileOf(first.pid, 'pid')}`,
      ipc: `ns:${fileOf(first.pid, 'ipc')}`,
      uts: `ns:${fileOf(first.pid, 'uts')}`,
      cgroupns: `ns:${fileOf(first.pid, 'cgroup')}`,
    });
    const theirs = shared(second.pid, first.pid).filter((name) => name !== 'time');
    assert.deepEqual(theirs, ['uts', 'pid', 'ipc', 'cgroup']);
  });

  it('are refused where there is no file, or that of another type', async () => {
    for (const type of TYPES) {
      const missing = SpecBox.start(boxes, namespaces({ type, path: '/proc/none' }));
      const error = { step: 'join namespace', path: '/proc/none', code: 'ENOENT' };
      await assert.rejects(missing, error, type);
      const path = `/proc/self/ns/${type === 'uts' ? 'ipc' : 'uts'}`;
      const wrong = SpecBox.start(boxes, namespaces({ type, path }));
      await assert.rejects(wrong, { step: 'join namespace', path, code: 'EINVAL' }, type);
    }
  });

  it('cannot be a mount namespace, which every container has of its own', async () => {
    const start = SpecBox.start(boxes, namespaces({ type: 'mount', path: '/proc/self/ns/mnt' }));
    await assert.rejects(start, {
      code: 'ENOTSUP',
      step: 'enter mount namespace',
      hint: 'a container needs a mount namespace of its own',
    });
  });
});

describe('a user namespace joined by a path', () => {
  needs('root', 'userns', 'busybox');
  const boxes = useBoxes();
  const BASE = 300_000;
  const mappings = [{ containerId: 0, hostId: BASE, size: 65_536 }];
  const USERNS = { usernsMode: 'private' as const, uidMappings: mappings, gidMappings: mappings };
  const pathOf = (pid: number) => ({ type: 'user' as const, path: `/proc/${pid}/ns/user` });
  const writes = 'echo x > /etc/passwd; echo y > /dev/null; stat -c "%n %u %g" /etc/passwd /bin/sh';

  it("has its ids, and the container's new namespaces belong to it", async () => {
    const first = await boxes.run(USERNS);
    await using second = await SpecBox.start(boxes, namespaces(pathOf(first.pid)));
    assert.equal(namespaceOf(second.pid, 'user'), namespaceOf(first.pid, 'user'));
    assert.deepEqual(
      shared(second.pid, first.pid).filter((name) => name !== 'time'),
      [],
    );
    assert.equal(statusOf(second.pid, 'Uid'), Array(4).fill(BASE).join('\t'));
    assert.equal(await second.text(`id -u; ${writes}`), '0\n/etc/passwd 0 0\n/bin/sh 0 0');
    assert.equal(await second.text('readlink /proc/self/ns/user'), namespaceOf(first.pid, 'user'));
  });

  it('is joined with the others that belong to it', async () => {
    const first = await boxes.run(USERNS);
    const all = TYPES.slice(0, 4).map((type) => ({ type, path: fileOf(first.pid, type) }));
    await using second = await SpecBox.start(boxes, namespaces(pathOf(first.pid), ...all));
    assert.deepEqual(shared(second.pid, first.pid).slice(0, 4), ['net', 'uts', 'pid', 'ipc']);
    assert.equal(
      await second.text('hostname; ps | grep -c "[s]leep"'),
      `${first.id.slice(0, 12)}\n2`,
    );
  });

  it('is joined by the id of a container too', async () => {
    const first = await boxes.run(USERNS);
    const user = { type: 'user' as const, path: `container:${first.id}` };
    await using second = await SpecBox.start(boxes, namespaces(user));
    assert.equal(namespaceOf(second.pid, 'user'), namespaceOf(first.pid, 'user'));
    assert.equal(await second.text(writes), '/etc/passwd 0 0\n/bin/sh 0 0');
  });

  it('is refused where there is no file, or that of another type', async () => {
    for (const [path, code] of [
      ['/proc/none', 'ENOENT'],
      ['/proc/self/ns/uts', 'EINVAL'],
    ] as const) {
      const start = SpecBox.start(boxes, namespaces({ type: 'user', path }));
      await assert.rejects(start, { step: 'join namespace', path, code });
    }
  });

  it('leaves a pid namespace that belongs to another one refused, not ignored', async () => {
    const first = await boxes.run(USERNS);
    await using plain = await SpecBox.start(boxes, namespaces());
    const pid = { type: 'pid' as const, path: fileOf(plain.pid, 'pid') };
    const start = SpecBox.start(boxes, namespaces(pathOf(first.pid), pid));
    await assert.rejects(start, { step: 'mount', path: '/proc', code: 'EPERM' });
  });
});
