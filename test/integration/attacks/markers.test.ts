// SPDX-License-Identifier: Apache-2.0
// Programs and libraries of an image in every place where a helper that works
// for the machine could take one for its own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { before, beforeEach, describe, it } from 'mocha';
import { Image } from '../../../lib/index.js';
import { useRange } from './attack.js';

const SOURCE = fileURLToPath(new URL('../../fixtures/probes/mark.c', import.meta.url));

const FOLDERS = ['bin', 'sbin', 'usr/bin', 'usr/sbin', 'usr/local/bin', 'usr/local/sbin'];
const PROGRAMS = [
  ...['xz', 'gzip', 'gunzip', 'unpigz', 'pigz', 'zstd', 'bzip2', 'tar', 'nsenter', 'unshare'],
  ...['newuidmap', 'newgidmap', 'mount', 'umount', 'ps', 'ip', 'iptables', 'getent', 'id', 'sh'],
  ...['slipway-runtime', 'modprobe', 'fuse-overlayfs', 'ld.so'],
];
const LIBRARIES = [
  ...['lib/libnss_files.so.2', 'lib/libnss_mark.so.2', 'lib/x86_64-linux-gnu/libnss_mark.so.2'],
  ...['lib64/libnss_mark.so.2', 'usr/lib/libnss_mark.so.2', 'usr/lib/gconv/MARK.so', 'lib/mark.so'],
  ...['lib/libc.so.6', 'lib/x86_64-linux-gnu/libc.so.6', 'lib/libpam.so.0'],
];
const FILES: Readonly<Record<string, string>> = {
  'etc/ld.so.preload': '/lib/mark.so\n',
  'etc/nsswitch.conf': 'passwd: mark files\ngroup: mark files\nhosts: mark files\n',
  'usr/lib/gconv/gconv-modules': 'module UTF-8// INTERNAL MARK 1\nmodule INTERNAL UTF-8// MARK 1\n',
  'etc/passwd': 'root:x:0:0::/:/bin/sh\nann:x:1500:1500::/:/bin/sh\n',
  'etc/group': 'root:x:0:\nann:x:1500:\nstaff:x:50:ann\n',
};

describe('programs and libraries that an image plants', function () {
  this.timeout(20_000);
  const range = useRange();
  const tree = range.make('tree');
  const marks = range.make('marks');
  // The same path inside, so that a mark is seen wherever it was made.
  const volumes = [`${marks}:${marks}`];
  let image: Image;

  before(async () => {
    const program = build('mark', ['-static']);
    const library = build('mark.so', ['-shared', '-fPIC']);
    for (const folder of FOLDERS) {
      for (const name of PROGRAMS) put(`${folder}/${name}`, program);
    }
    for (const path of LIBRARIES) put(path, library);
    for (const [path, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), text);
    }
    symlinkSync('bin/sh', join(tree, 'init'));
    copyFileSync('/bin/busybox', join(tree, 'busybox'));
    image = await Image.import(tree, { engine: range.engine });
  });
  beforeEach(() => {
    rmSync(marks, { recursive: true });
    mkdirSync(marks);
    chmodSync(marks, 0o777);
  });

  function build(name: string, flags: string[]): string {
    const output = join(range.folder, name);
    execFileSync('cc', [...flags, `-DMARKS="${marks}"`, '-o', output, SOURCE]);
    return output;
  }

  function put(path: string, from: string): void {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    linkSync(from, join(tree, path));
  }

  it('leave a mark where they are run or loaded, in a container as outside', async () => {
    await range.run({ image, volumes, command: ['xz'] });
    execFileSync('true', { env: { LD_PRELOAD: join(tree, 'lib/mark.so') } });
    assert.deepEqual(readdirSync(marks).sort(), ['true', 'xz']);
  });

  it('are not used to start a container or an exec, with names of users and groups', async () => {
    for (const options of [{}, { init: true }, { tty: true }, { user: 'ann:staff' }]) {
      await using box = await range.start({
        ...options,
        image,
        volumes,
        command: ['/busybox', 'sleep', '60'],
        groupAdd: ['staff'],
      });
      for (const user of ['ann', 'ann:staff', '1500', 'root']) {
        const { stdout } = await box.exec(['/busybox', 'id', '-u'], { user });
        assert.equal(stdout, user === 'root' ? '0' : '1500');
      }
      await box.pause();
      await box.resume();
      await box.stop({ timeoutMs: 0 });
    }
    assert.deepEqual(readdirSync(marks), []);
  });

  it('are not used in a user namespace', async () => {
    const mappings = ['0:300000:65536'];
    const userns = { uidMappings: mappings, gidMappings: mappings, usernsMode: 'private' as const };
    const command = ['/busybox', 'id', '-u'];
    const { stdout } = await range.run({ ...userns, image, volumes, command, user: 'ann' });
    assert.equal(stdout, '1500\n');
    assert.deepEqual(readdirSync(marks), []);
  });

  it('are not used to import folders and archives, even when the PATH leads there', async () => {
    const { engine } = range;
    const [gz, xz] = ['tar.gz', 'tar.xz'].map((end) => join(range.folder, `packed.${end}`));
    execFileSync('tar', ['-czf', gz ?? '', '-C', tree, '.']);
    execFileSync('tar', ['-cJf', xz ?? '', '-C', tree, 'etc']);
    const path = process.env['PATH'];
    process.env['PATH'] = `${join(tree, 'usr/bin')}:${path}`;
    try {
      const folder = await Image.import(tree, { engine });
      const archive = await Image.import(gz ?? '', { engine });
      assert.equal(folder.layers().lower.length + archive.layers().lower.length, 2);
      await assert.rejects(Image.import(xz ?? '', { engine }), { code: 'ERR_IMAGE_INVALID' });
    } finally {
      process.env['PATH'] = path;
    }
    assert.deepEqual(readdirSync(marks), []);
  });
});
