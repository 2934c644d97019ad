// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { normaliseStorage, type StorageOptions } from '../../../lib/container/options/storage.js';
import { InvalidArgumentError } from '../../../lib/errors.js';

const read = (options: object) => normaliseStorage(options as StorageOptions);
const bindOf = (volume: string) => {
  const [mount] = read({ volumes: [volume] }).mounts;
  assert.ok(mount?.type === 'bind');
  return mount;
};

describe('volumes', () => {
  it('host and container path make a recursive, private bind mount', () => {
    const { source, target, readOnly, propagation, recursive, createHostPath } = bindOf('/a:/b');
    assert.deepEqual(
      [source, target, readOnly, propagation, recursive, createHostPath],
      ['/a', '/b', false, 'rprivate', 'enabled', true],
    );
  });

  it('modes set access and propagation', () => {
    const { readOnly, propagation } = bindOf('/a:/b:ro,rslave');
    assert.deepEqual([readOnly, propagation], [true, 'rslave']);
  });

  it('sources from the working and home directory are made absolute', () => {
    assert.equal(bindOf('./x:/b').source, resolve('x'));
    assert.equal(bindOf('..:/b').source, resolve('..'));
    assert.equal(bindOf('~/x:/b').source, `${homedir()}/x`);
  });

  it('a target is cleaned', () => {
    assert.equal(bindOf('/a://b/./c/../d/').target, '/b/d');
  });

  it('an SELinux mode is accepted with a warning', () => {
    assert.match(read({ volumes: ['/a:/b:z'] }).warnings[0] ?? '', /^volumes\[0\]: z is without/);
  });

  for (const [volume, hint] of [
    ['data:/b', /named volumes are not available yet/],
    ['/b', /anonymous volumes are not available yet/],
    ['/a:/b:nocopy', /named volumes/],
    ['/a:/b:ro,rw', /access/],
    ['/a:/b:xx', /modes from/],
    ['/a:b', /absolute path/],
    ['/a:/', /other than \//],
    ['/a:/proc/sys', /outside \/proc/],
    ['/a:/b:ro:z', /expected '\/host:\/container'/],
    [':/b', /expected '\/host:\/container'/],
    ['', /expected/],
  ] as const) {
    it(`${JSON.stringify(volume)} is refused`, () => {
      assert.throws(
        () => bindOf(volume),
        (error: InvalidArgumentError) => {
          assert.ok(error instanceof InvalidArgumentError);
          assert.ok(error.option.startsWith('volumes[0]'));
          return hint.test(error.message);
        },
      );
    });
  }

  it('any text is a bind mount outside /proc or refused', () => {
    const part = fc.stringMatching(/^[/a-z.~]{0,8}$/);
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        try {
          const { source, target } = bindOf(parts.join(':'));
          assert.ok(source.startsWith('/') && /^\/[^/]/.test(target));
          assert.ok(!target.split('/').includes('..'));
        } catch (error) {
          assert.ok(error instanceof InvalidArgumentError);
        }
      }),
    );
  });
});

describe('mounts', () => {
  const bind = { type: 'bind', source: '/a', target: '/b' };

  it('a bind mount in the long form does not make its source', () => {
    const [mount] = read({
      mounts: [{ ...bind, readOnly: true, bind: { recursive: 'readonly' } }],
    }).mounts;
    assert.ok(mount?.type === 'bind');
    assert.deepEqual(
      [mount.readOnly, mount.recursive, mount.createHostPath],
      [true, 'readonly', false],
    );
  });

  it('a tmpfs in the long form has its size in bytes and its mode in octal', () => {
    const tmpfs = { size: '1m', mode: 0o700, options: ['exec', 'uid=5'] };
    const [mount] = read({ mounts: [{ type: 'tmpfs', target: '/t', tmpfs }] }).mounts;
    assert.ok(mount?.type === 'tmpfs');
    assert.deepEqual(mount.options, [
      'nosuid',
      'nodev',
      'exec',
      'uid=5',
      'size=1048576',
      'mode=700',
    ]);
  });

  for (const [mount, option] of [
    [{ ...bind, type: 'volume' }, 'mounts[0].type'],
    [{ ...bind, source: 'a' }, 'mounts[0].source'],
    [{ ...bind, source: undefined }, 'mounts[0].source'],
    [{ ...bind, target: 'b' }, 'mounts[0].target'],
    [{ ...bind, readonly: true }, 'mounts[0].readonly'],
    [{ ...bind, tmpfs: {} }, 'mounts[0].tmpfs'],
    [{ ...bind, bind: { propagation: 'all' } }, 'mounts[0].bind.propagation'],
    [{ ...bind, bind: { recursive: 'readonly' } }, 'mounts[0].bind.recursive'],
    [{ type: 'tmpfs', target: '/t', source: '/a' }, 'mounts[0].source'],
    [{ type: 'tmpfs', target: '/t', tmpfs: { mode: 0o10000 } }, 'mounts[0].tmpfs.mode'],
    [
      { type: 'tmpfs', target: '/t', tmpfs: { options: ['upperdir=/'] } },
      'mounts[0].tmpfs.options',
    ],
    ['/a:/b', 'mounts[0]'],
  ] as [unknown, string][]) {
    it(`${JSON.stringify(mount)} is refused by name`, () => {
      assert.throws(
        () => read({ mounts: [mount] }),
        (error: InvalidArgumentError) => {
          assert.equal(error.option, option);
          return error instanceof InvalidArgumentError;
        },
      );
    });
  }

  it('two mounts on one target are refused whatever their forms', () => {
    const options = { mounts: [bind], volumes: ['/c:/b/'] };
    assert.throws(
      () => read(options),
      /volumes\[0\]: got '\/b', expected a target that mounts\[0\]/,
    );
  });
});

describe('tmpfs', () => {
  const optionsOf = (tmpfs: unknown) =>
    read({ tmpfs }).mounts.map((mount) => {
      assert.ok(mount.type === 'tmpfs');
      return [mount.target, mount.options.join()];
    });

  it('is nosuid, nodev and noexec unless told otherwise', () => {
    assert.deepEqual(optionsOf({ '/run': '' }), [['/run', 'nosuid,nodev,noexec']]);
    assert.deepEqual(optionsOf(['/run:exec,size=64m']), [
      ['/run', 'nosuid,nodev,exec,size=67108864'],
    ]);
    assert.deepEqual(optionsOf(['/run:exec,noexec,size=10%']), [
      ['/run', 'nosuid,nodev,noexec,size=10%'],
    ]);
  });

  for (const text of [
    'size=x',
    'mode=999',
    'mode=1=2',
    'bogus',
    'constructor',
    'constructor=1',
    'exec=1',
    'size',
  ]) {
    it(`${text} is refused`, () => {
      assert.throws(() => read({ tmpfs: { '/t': text } }), /^InvalidArgumentError: tmpfs\.\/t: /);
    });
  }
});
