// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContainerOptions } from '../../lib/index.js';
import { useBoxes } from '../helpers/boxes.js';
import { namespaceOf, statusOf } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';

const BASE = 200_000;
const USERNS: Partial<ContainerOptions> = {
  usernsMode: 'private',
  uidMappings: [{ containerId: 0, hostId: BASE, size: 65_536 }],
  gidMappings: [`0:${BASE}:65536`],
};

describe('a user namespace', () => {
  needs('root', 'userns', 'busybox');
  const boxes = useBoxes();

  it('root inside is another user outside', async () => {
    const box = await boxes.run(USERNS);
    assert.equal((await box.exec(['id', '-u'])).stdout, '0');
    assert.equal(statusOf(box.pid, 'Uid'), `${BASE}\t${BASE}\t${BASE}\t${BASE}`);
    assert.equal(statusOf(box.pid, 'Gid'), `${BASE}\t${BASE}\t${BASE}\t${BASE}`);
    assert.notEqual(namespaceOf(box.pid, 'user'), namespaceOf('self', 'user'));
    assert.match(readFileSync(`/proc/${box.pid}/uid_map`, 'utf8'), /^\s*0\s+200000\s+65536\n$/);
  });

  it('files of the image belong to the users inside', async () => {
    assert.equal(
      await boxes.text("stat -c '%u %g' /bin/busybox /etc/passwd /", USERNS),
      '0 0\n0 0\n0 0',
    );
  });

  it('files made in a bind mount belong to the user outside', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-userns-'));
    try {
      chmodSync(folder, 0o777);
      await boxes.text('touch /m/x', { ...USERNS, volumes: [`${folder}:/m`] });
      const { uid, gid } = statSync(join(folder, 'x'));
      assert.deepEqual({ uid, gid }, { uid: BASE, gid: BASE });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('files written to the root can be changed by their user', async () => {
    const script = 'echo x > /etc/passwd && chown 1000:1000 /etc/passwd && stat -c %u /etc/passwd';
    assert.equal(await boxes.text(script, USERNS), '1000');
  });

  it('has the defaults of a container', async () => {
    const box = await boxes.run({ ...USERNS, memory: '64m', pidsLimit: 20 });
    assert.equal(statusOf(box.pid, 'CapEff'), '00000000a80425fb');
    assert.equal(statusOf(box.pid, 'Seccomp'), '2');
    const { stdout } = await box.exec([
      'sh',
      '-c',
      'ls /dev; ip addr show lo | grep -c UP; echo x > /dev/null && hostname',
    ]);
    assert.match(stdout ?? '', /null[\s\S]*\n1\n/);
    assert.ok(stdout?.endsWith(box.id.slice(0, 12)));
  });

  it('an exec joins it, as another user too', async () => {
    const box = await boxes.run(USERNS);
    const sleeping = box.exec(['sleep', '600'], { user: 'app' });
    await sleeping.started;
    assert.equal(statusOf(sleeping.pid, 'Uid').split('\t')[0], `${BASE + 1000}`);
    assert.equal(namespaceOf(sleeping.pid, 'user'), namespaceOf(box.pid, 'user'));
  });

  it('the program can be another user than root', async () => {
    const box = await boxes.run({
      ...USERNS,
      user: 'app',
      command: ['sh', '-c', 'id -u; sleep 600'],
    });
    assert.equal((await box.stdout.lines().next()).value, '1000');
    assert.equal(statusOf(box.pid, 'Uid').split('\t')[0], `${BASE + 1000}`);
  });

  for (const user of ['root', 'app']) {
    it(`${user} opens standard input, output and error by their names`, async () => {
      const script = 'cat /dev/stdin > /dev/stdout; echo error > /dev/stderr';
      const box = await boxes.run({
        ...USERNS,
        user,
        stdin: 'pipe',
        command: ['sh', '-c', `${script}; sleep 600`],
      });
      box.stdin?.end('input\n');
      assert.equal((await box.stdout.lines().next()).value, 'input');
      assert.equal((await box.stderr.lines().next()).value, 'error');
      const { stdout, stderr } = await box.exec(['sh', '-c', script], { user, input: 'more' });
      assert.deepEqual({ stdout, stderr }, { stdout: 'more', stderr: 'error' });
    });
  }

  it('a user that has no id outside is refused', async () => {
    const uidMappings = [{ containerId: 0, hostId: BASE, size: 1 }];
    const options = { ...USERNS, uidMappings, gidMappings: uidMappings, user: '5' };
    await assert.rejects(boxes.run(options), { code: 'EINVAL' });
  });

  it('a group that has no id outside is refused, and the groups are named', async () => {
    await assert.rejects(boxes.run({ ...USERNS, user: 'app', groupAdd: [70_000] }), {
      code: 'EINVAL',
      syscall: 'setgroups',
      path: '1000 3000 3001 70000',
    });
  });

  it('capabilities are of no use outside', async () => {
    const script = 'mknod /disk b 254 0; date -s 2000-01-01; echo end';
    const { stdout, stderr } = await boxes.sh(script, { ...USERNS, capAdd: ['ALL'] });
    assert.match(stdout, /end/);
    assert.match(stderr, /mknod: \/disk: Operation not permitted/);
    assert.match(stderr, /date: can't set date: Operation not permitted/);
  });
});
