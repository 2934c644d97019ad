// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { HostImages } from '../../../lib/image/host.js';

describe('the embedded image', () => {
  let folder: string;
  let machine: string;
  let root: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-host-'));
    [machine, root] = [join(folder, 'machine'), join(folder, 'root')];
    for (const name of ['usr/bin', 'opt', 'lib', 'etc/ssl/certs', 'etc/ssl/private', 'root']) {
      mkdirSync(join(machine, name), { recursive: true });
    }
    symlinkSync('usr/bin', join(machine, 'bin'));
    put('etc/passwd', 'root:hash:0:0:root:/root:/bin/sh\nann:x:1000:1000:Ann:/home/ann:/bin/sh\n');
    put('etc/group', 'root:x:0:ann\nadm:hash:4:root,ann\nann:x:1000:\n');
    put('etc/shadow', 'root:$6$secret:1::::::\n');
    put('etc/ssl/certs/a.pem', 'a certificate');
    put('etc/ssl/private/key.pem', 'secret');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function put(path: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(join(machine, path)), { recursive: true });
    writeFileSync(join(machine, path), text);
    chmodSync(join(machine, path), mode);
  }

  const load = () => new HostImages(root, machine).load();

  async function made(): Promise<string> {
    return (await load()).layers.lower[0] ?? '';
  }

  const etc = async (path: string) => readFileSync(join(await made(), 'etc', path), 'utf8');

  function everyFile(top: string): string[] {
    return readdirSync(top, { recursive: true, encoding: 'utf8' }).sort();
  }

  it('reads real folders in place and repeats links', async () => {
    const { layers, document, tags } = await load();
    assert.deepEqual(
      layers.overlays,
      ['usr', 'opt', 'lib'].map((name) => ({ target: `/${name}`, lower: [join(machine, name)] })),
    );
    const skeleton = await made();
    assert.equal(readlinkSync(join(skeleton, 'bin')), 'usr/bin');
    assert.deepEqual(readdirSync(join(skeleton, 'usr')), []);
    assert.deepEqual(tags, ['host']);
    assert.deepEqual(document.config.Cmd, ['sh']);
    assert.match(document.config.Env?.[0] ?? '', /^PATH=.*\/usr\/bin/);
  });

  it('makes the usual folders whatever the umask is', async () => {
    const before = process.umask(0o077);
    try {
      const mode = (path: string) => statSync(join(skeleton, path)).mode & 0o7777;
      const skeleton = await made();
      assert.equal(mode('.'), 0o755);
      assert.equal(mode('tmp'), 0o1777);
      assert.equal(mode('var/tmp'), 0o1777);
      assert.equal(mode('root'), 0o700);
      assert.equal(mode('etc/passwd'), 0o644);
      assert.equal(mode('etc/ssl'), 0o755);
      for (const name of ['proc', 'sys', 'dev', 'run', 'home', 'srv', 'var/log']) {
        assert.ok(statSync(join(skeleton, name)).isDirectory(), name);
      }
    } finally {
      process.umask(before);
    }
  });

  it('shows system accounts without passwords and no people', async () => {
    assert.equal(await etc('passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
    assert.equal(await etc('group'), 'root:x:0:\nadm:x:4:root\n');
  });

  it('lets through nothing of /etc that is not on its list', async () => {
    const secrets = ['shadow', 'gshadow', 'ssh/ssh_host_key', 'environment', 'sudoers', 'fstab'];
    for (const name of [...secrets, 'passwd-', 'machine-id', 'profile.d/token.sh', 'default/app']) {
      put(`etc/${name}`, 'SECRET');
    }
    put('root/.ssh/id', 'SECRET');
    const skeleton = await made();
    for (const name of everyFile(skeleton)) {
      const file = join(skeleton, name);
      const status = statSync(file, { throwIfNoEntry: false });
      if (status?.isFile()) assert.doesNotMatch(readFileSync(file, 'utf8'), /SECRET/, name);
    }
    assert.ok(!everyFile(skeleton).some((name) => /shadow|private|\.ssh/.test(name)));
  });

  it('leaves out what others cannot read, private keys, and large files', async () => {
    put('etc/services', 'x', 0o640);
    put('etc/ssl/certs/key.pem', '-----BEGIN PRIVATE KEY-----\n');
    put('etc/mime.types', 'm'.repeat(5 * 1024 * 1024));
    put('etc/terminfo/closed/x', 'x');
    chmodSync(join(machine, 'etc/terminfo/closed'), 0o750);
    const names = everyFile(join(await made(), 'etc'));
    assert.ok(names.includes('ssl/certs/a.pem'));
    for (const name of ['services', 'ssl/certs/key.pem', 'mime.types', 'terminfo/closed']) {
      assert.ok(!names.includes(name), name);
    }
  });

  it('keeps links as links and follows none', async () => {
    put('root/secret', 'SECRET');
    symlinkSync('../root/secret', join(machine, 'etc/rpc'));
    symlinkSync('/root', join(machine, 'etc/fonts'));
    const skeleton = await made();
    assert.equal(readlinkSync(join(skeleton, 'etc/rpc')), '../root/secret');
    assert.equal(readlinkSync(join(skeleton, 'etc/fonts')), '/root');
  });

  it('ends accounts at what is not one', async () => {
    put(
      'etc/passwd',
      'bad line\n+::::::\nbin:x:2:2:bin:/bin:/bin/false\nx:x:-1:0::/:/\ny:x:1e2:0::/:/\n',
    );
    const text = await etc('passwd');
    assert.equal(text, 'root:x:0:0:root:/root:/bin/sh\nbin:x:2:2:bin:/bin:/bin/false\n');
  });

  it('is made once, and again when the machine changed', async () => {
    const first = await load();
    const inode = statSync(first.layers.lower[0] ?? '').ino;
    const again = await load();
    assert.deepEqual(again, first);
    assert.equal(statSync(again.layers.lower[0] ?? '').ino, inode);
    put('etc/ssl/certs/b.pem', 'another');
    const changed = await load();
    assert.notEqual(changed.layers.lower[0], first.layers.lower[0]);
    assert.notEqual(changed.id, first.id);
    assert.equal(
      readFileSync(join(changed.layers.lower[0] ?? '', 'etc/ssl/certs/b.pem'), 'utf8'),
      'another',
    );
  });

  it('is made once by many at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, load));
    assert.equal(new Set(all.map(({ layers }) => layers.lower[0])).size, 1);
    assert.equal(readdirSync(root).length, 1);
  });

  it('removes the folders of other boots', async () => {
    mkdirSync(join(root, 'host-00000000-old/etc'), { recursive: true });
    mkdirSync(join(root, 'host-other'));
    await load();
    const names = readdirSync(root);
    assert.ok(!names.includes('host-00000000-old'));
    assert.ok(names.includes('host-other'));
  });

  it('leaves no half folder when the machine cannot be read', async () => {
    rmSync(join(machine, 'etc'), { recursive: true });
    await assert.rejects(load(), { code: 'ENOENT' });
    mkdirSync(join(machine, 'etc'));
    assert.equal((await load()).tags[0], 'host');
  });
});
