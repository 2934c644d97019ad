// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBoxes } from '../helpers/boxes.js';
import { needs } from '../helpers/needs.js';

describe('mounts, volumes and tmpfs', () => {
  needs('containers', 'busybox');
  const boxes = useBoxes();
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-bind-'));
    writeFileSync(join(folder, 'file'), 'from the host\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const bind = (extra: object = {}) => ({
    mounts: [{ type: 'bind' as const, source: folder, target: '/m', ...extra }],
  });

  it('a bind mount shows and changes the folder of the host', async () => {
    assert.equal(await boxes.text('cat /m/file; echo back > /m/new', bind()), 'from the host');
    assert.equal(readFileSync(join(folder, 'new'), 'utf8'), 'back\n');
  });

  it('a read-only bind mount cannot be changed', async () => {
    const { exitCode, stderr } = await boxes.sh(
      'cat /m/file && echo x > /m/new',
      bind({ readOnly: true }),
    );
    assert.equal(exitCode, 1);
    assert.match(stderr, /Read-only file system/);
  });

  it('a file can be mounted on a file', async () => {
    const mounts = [{ type: 'bind' as const, source: join(folder, 'file'), target: '/etc/passwd' }];
    assert.equal(await boxes.text('cat /etc/passwd', { mounts }), 'from the host');
  });

  it('the target of a mount is made in the container where it is missing', async () => {
    const mounts = [{ type: 'bind' as const, source: join(folder, 'file'), target: '/a/b/c' }];
    assert.equal(await boxes.text('cat /a/b/c', { mounts }), 'from the host');
  });

  it('a source that is not there is refused by its path', async () => {
    const source = join(folder, 'none');
    await assert.rejects(boxes.run(bind({ source })), (error: Error) => {
      assert.ok(error.message.includes(source), error.message);
      return true;
    });
  });

  it('createHostPath makes the source', async () => {
    const source = join(folder, 'deep/new');
    await boxes.text('touch /m/x', bind({ source, bind: { createHostPath: true } }));
    assert.ok(statSync(join(source, 'x')).isFile());
  });

  it('a volume in the short form is a bind mount, and its source is made', async () => {
    const volumes = [`${folder}:/m:ro`, `${folder}/made:/made`];
    const { stdout, stderr } = await boxes.sh('cat /m/file; touch /made/x; touch /m/x', {
      volumes,
    });
    assert.equal(stdout, 'from the host\n');
    assert.match(stderr, /\/m\/x: Read-only file system/);
    assert.ok(statSync(join(folder, 'made/x')).isFile());
  });

  it('two mounts below one another are made in the order of their paths', async () => {
    mkdirSync(join(folder, 'inner'));
    const options = { volumes: [`${folder}:/m`], tmpfs: { '/m/inner': '' } };
    await boxes.text('echo x > /m/inner/hidden && echo y > /m/seen', options);
    assert.throws(() => statSync(join(folder, 'inner/hidden')), { code: 'ENOENT' });
    assert.equal(readFileSync(join(folder, 'seen'), 'utf8'), 'y\n');
  });

  it('a target that is a link stays inside the container', async () => {
    const box = await boxes.create({ volumes: [`${folder}:/link/x`], command: ['ls', '/link/x'] });
    await using maker = await boxes.run();
    assert.equal((await maker.exec(['ln', '-s', folder, '/link'])).exitCode, 0);
    await box.start();
    assert.equal(await box.stdout.text(), 'file\n');
    assert.throws(() => statSync(join(folder, 'x')), { code: 'ENOENT' });
  });

  it('tmpfs is empty, of its size and not executable', async () => {
    const options = { tmpfs: { '/t': 'size=1m,mode=1770' } };
    const script =
      'stat -c %a /t; dd if=/dev/zero of=/t/x bs=1k count=2048 2>&1 | grep -o "No space.*"; grep " /t " /proc/mounts';
    const lines = (await boxes.text(script, options)).split('\n');
    assert.deepEqual(lines.slice(0, 2), ['1770', 'No space left on device']);
    assert.match(lines[2] ?? '', /tmpfs rw,nosuid,nodev,noexec,.*size=1024k/);
  });

  it('tmpfs in the long form takes size, mode and options', async () => {
    const tmpfs = { size: '2m', mode: 0o700, options: ['exec', 'uid=1000'] };
    const mounts = [{ type: 'tmpfs' as const, target: '/t', tmpfs }];
    const script = "stat -c '%a %u' /t; cp /bin/busybox /t/echo 2>/dev/null && /t/echo runs";
    assert.equal(await boxes.text(script, { mounts }), '700 1000\nruns');
  });

  it('shmSize is the size of /dev/shm', async () => {
    assert.equal(
      await boxes.text("df -k /dev/shm | awk 'END { print $2 }'", { shmSize: '8m' }),
      '8192',
    );
  });

  it('readOnly makes the root read-only and leaves mounts writable', async () => {
    const options = { readOnly: true, tmpfs: { '/tmp': '' }, volumes: [`${folder}:/m`] };
    const { stdout, stderr } = await boxes.sh(
      'touch /x; touch /etc/x; touch /tmp/x /m/x /dev/shm/x && echo ok',
      options,
    );
    assert.equal(stdout, 'ok\n');
    assert.match(stderr, /\/x: Read-only file system[\s\S]*\/etc\/x: Read-only file system/);
  });
});
