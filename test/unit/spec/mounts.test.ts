// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContainerOptions } from '../../../lib/container/options.js';
import { InvalidArgumentError } from '../../../lib/errors.js';
import { isPropagated } from '../../../lib/spec/host-mounts.js';
import { build } from '../../helpers/facts.js';

const mountsOf = (options: Partial<ContainerOptions>, machine = {}) =>
  build(options, machine).spec.mounts ?? [];
const at = (path: string, options: Partial<ContainerOptions>, machine = {}) =>
  mountsOf(options, machine).find(({ destination }) => destination === path);

describe('mounts of the system', () => {
  it('are those of Docker', () => {
    assert.deepEqual(
      mountsOf({}).map(({ destination, type }) => `${type} ${destination}`),
      [
        'proc /proc',
        'tmpfs /dev',
        'devpts /dev/pts',
        'sysfs /sys',
        'cgroup /sys/fs/cgroup',
        'mqueue /dev/mqueue',
        'tmpfs /dev/shm',
      ],
    );
    assert.ok(at('/sys', {})?.options?.includes('ro'));
    assert.ok(at('/sys/fs/cgroup', {})?.options?.includes('ro'));
    assert.ok(at('/dev/shm', {})?.options?.includes('size=67108864'));
  });

  it('shared memory has the size asked for, or is left out', () => {
    assert.ok(at('/dev/shm', { shmSize: '1m' })?.options?.includes('size=1048576'));
    assert.equal(at('/dev/shm', { ipc: 'none' }), undefined);
  });

  it("give way to the caller's on the same target", () => {
    const volumes = ['/tmp:/dev/shm'];
    const all = mountsOf({ volumes }).filter(({ destination }) => destination === '/dev/shm');
    assert.deepEqual(
      all.map(({ type }) => type),
      ['bind'],
    );
  });

  it('a /dev of the caller is left as it is', () => {
    const { spec } = build({ volumes: ['/dev:/dev'], devices: ['/dev/null:/dev/x'] });
    const below = spec.mounts?.filter(({ destination }) => destination.startsWith('/dev'));
    assert.deepEqual(
      below?.map(({ destination }) => destination),
      ['/dev'],
    );
    assert.deepEqual(spec.linux?.devices, []);
  });
});

describe("the caller's mounts", () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'slipway-mounts-'));
  });
  after(() => rmSync(dir, { recursive: true }));

  it('come after the parents they are in', () => {
    const order = mountsOf({ volumes: ['/tmp:/a/b/c', '/tmp:/a'], tmpfs: ['/a/b'] });
    assert.deepEqual(
      order.slice(-3).map(({ destination }) => destination),
      ['/a', '/a/b', '/a/b/c'],
    );
  });

  for (const [recursive, flags] of [
    ['enabled', ['rbind', 'rro', 'rprivate']],
    ['writable', ['rbind', 'ro', 'rprivate']],
    ['disabled', ['bind', 'ro', 'rprivate']],
    ['readonly', ['rbind', 'rro', 'rprivate']],
  ] as const) {
    it(`read-only with recursive ${recursive} is ${flags[1]}`, () => {
      const mount = { type: 'bind', source: '/tmp', target: '/a', readOnly: true } as const;
      const options = { mounts: [{ ...mount, bind: { recursive } }] };
      assert.deepEqual(at('/a', options)?.options, flags);
    });
  }

  it('a source that is not there is refused in the long form and made for the short', () => {
    const source = join(dir, 'none');
    const mounts = [{ type: 'bind', source, target: '/a' }] as const;
    assert.throws(
      () => mountsOf({ mounts }),
      (error) => {
        assert.ok(error instanceof InvalidArgumentError);
        assert.equal(error.option, 'mounts[0].source');
        return true;
      },
    );
    assert.deepEqual(build({ volumes: [`${source}:/a`] }).extras.createHostPaths, [source]);
    assert.deepEqual(build({ volumes: [`${dir}:/a`] }).extras.createHostPaths, []);
  });

  it('sharing is decided by the mount that holds the source', () => {
    const mountinfo = [
      '20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw',
      '21 20 0:1 / /a\\040b rw - tmpfs tmpfs rw',
      '22 20 0:2 / /s rw,nosuid master:1 - tmpfs tmpfs rw',
      '23 22 0:3 / /s/over rw - tmpfs tmpfs rw',
      '24 23 0:4 / /s/over rw shared:9 master:1 - tmpfs tmpfs rw',
      '',
    ].join('\n');
    const is = (path: string, kind: 'shared' | 'slave') => isPropagated(path, kind, mountinfo);
    assert.deepEqual([is('/x', 'shared'), is('/x', 'slave')], [true, true]);
    assert.deepEqual([is('/a b/c', 'shared'), is('/a b', 'slave')], [false, false]);
    assert.deepEqual([is('/s/x', 'shared'), is('/s/x', 'slave')], [false, true]);
    assert.deepEqual([is('/s/over/x', 'shared'), is('/sover', 'shared')], [true, true]);
  });

  it('a source that cannot be shared is refused', () => {
    const shared = isPropagated('/proc', 'shared');
    const make = () => build({ volumes: ['/proc:/a:rshared'] });
    if (shared) assert.equal(make().spec.linux?.rootfsPropagation, 'shared');
    else assert.throws(make, /expected a source whose mount is shared \(hint: .* is private/);
  });
});

describe('files in /etc', () => {
  const file = (name: string, options: Partial<ContainerOptions>) =>
    build(options).extras.files.find(({ path }) => path === `/etc/${name}`)?.content;

  it('hosts has localhost and the entries asked for', () => {
    assert.match(file('hosts', {}) ?? '', /^127\.0\.0\.1\tlocalhost\n::1\t/);
    assert.ok(file('hosts', { addHost: { db: '10.0.0.2' } })?.endsWith('\n10.0.0.2\tdb\n'));
  });

  it("with the machine's network the machine's files are the base", () => {
    const network = 'host';
    const hosts = file('hosts', { network, addHost: ['a:::1'] });
    assert.equal(hosts, '127.0.0.1 localhost machine\n::1\ta\n');
    assert.match(file('resolv.conf', { network }) ?? '', /^nameserver 127\.0\.0\.53\n/);
  });

  it('name servers on loopback are left out', () => {
    assert.equal(file('resolv.conf', {}), 'nameserver 10.0.0.53\nsearch lan\noptions edns0\n');
  });

  it('what is asked for replaces lines of its kind only', () => {
    assert.equal(
      file('resolv.conf', { dns: ['1.1.1.1'] }),
      'search lan\noptions edns0\nnameserver 1.1.1.1\n',
    );
    assert.equal(
      file('resolv.conf', { dnsSearch: ['.'], dnsOption: ['ndots:1', 'rotate'] }),
      'nameserver 10.0.0.53\noptions ndots:1 rotate\n',
    );
  });

  it('a mount over one of them, or over /etc, brings its own', () => {
    const paths = (volumes: string[]) => build({ volumes }).extras.files.map(({ path }) => path);
    assert.deepEqual(paths(['/tmp:/etc/hosts']), ['/etc/resolv.conf', '/etc/hostname']);
    assert.deepEqual(paths(['/tmp:/etc']), []);
  });
});
