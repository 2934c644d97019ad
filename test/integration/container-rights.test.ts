// SPDX-License-Identifier: Apache-2.0
// Options that give more or less rights than the defaults.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ContainerOptions, Image } from '../../lib/index.js';
import { useBoxes } from '../helpers/boxes.js';
import { fieldOf, statusOf } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';

describe('capabilities, filters, devices and limits of processes', () => {
  needs('root', 'busybox');
  const boxes = useBoxes();
  const status = async (field: string, options: Partial<ContainerOptions>) =>
    fieldOf(await boxes.text('cat /proc/self/status', options), field);

  it('capAdd and capDrop change the set', async () => {
    assert.equal(await status('CapEff', { capAdd: ['NET_ADMIN'] }), '00000000a80435fb');
    assert.equal(await status('CapBnd', { capDrop: ['CAP_CHOWN'] }), '00000000a80425fa');
    assert.equal(await status('CapBnd', { capDrop: ['ALL'] }), '0000000000000000');
    const options = { capDrop: ['ALL'], capAdd: ['KILL'] };
    assert.equal(await status('CapPrm', options), '0000000000000020');
  });

  it('an added capability works, a dropped one does not', async () => {
    const rename = 'ip link set lo mtu 1400 && echo changed';
    assert.equal((await boxes.sh(rename)).exitCode, 2);
    assert.equal(await boxes.text(rename, { capAdd: ['NET_ADMIN'] }), 'changed');
    const { exitCode } = await boxes.sh('chown 5 /tmp', { capDrop: ['CHOWN'] });
    assert.equal(exitCode, 1);
  });

  it('privileged has what the engine has, and no filter', async () => {
    const options = { privileged: true };
    assert.equal(await status('CapEff', options), statusOf('self', 'CapEff'));
    assert.equal(await status('Seccomp', options), '0');
    const script =
      'mount -t tmpfs x /tmp && echo mounted; grep " /proc/sys " /proc/mounts; test -w /sys && echo writable';
    assert.equal((await boxes.sh(script, options)).stdout, 'mounted\nwritable\n');
  });

  it('privileged sees the devices of the machine', async () => {
    const there = ['/dev/fuse', '/dev/kmsg', '/dev/loop0'].filter(existsSync);
    const listing = await boxes.text(
      `ls ${there.join(' ')}; head -c 1 /dev/kmsg >/dev/null && echo read`,
      { privileged: true },
    );
    assert.deepEqual(listing.split('\n'), [
      ...there,
      ...(there.includes('/dev/kmsg') ? ['read'] : []),
    ]);
  });

  it('no-new-privileges is set when it is asked for', async () => {
    assert.equal(await status('NoNewPrivs', {}), '0');
    assert.equal(await status('NoNewPrivs', { securityOpt: ['no-new-privileges'] }), '1');
  });

  it('seccomp can be turned off, or be a profile of one', async () => {
    assert.equal(await status('Seccomp', { securityOpt: ['seccomp=unconfined'] }), '0');
    const syscalls = [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 61 }];
    const seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls };
    const { exitCode, stderr } = await boxes.sh('mkdir /x', { securityOpt: [{ seccomp }] });
    assert.equal(exitCode, 1);
    assert.match(stderr, /No data available/);
  });

  it('the default filter refuses what needs no right of a container', async () => {
    const { stderr, exitCode } = await boxes.sh('unshare -U true', {});
    assert.equal(exitCode, 1);
    assert.match(stderr, /Operation not permitted/);
  });

  it('systempaths=unconfined masks nothing', async () => {
    const securityOpt = ['systempaths=unconfined'];
    assert.equal(await boxes.text('grep -c " /proc/." /proc/mounts || true', { securityOpt }), '0');
  });

  it('a device of the machine can be given, with the access that was asked for', async () => {
    const read = 'dd if=/dev/mine bs=1 count=1 2>&1 | grep out; echo x > /dev/mine && echo wrote';
    const both = await boxes.sh(read, { devices: ['/dev/zero:/dev/mine'] });
    assert.match(both.stdout, /^1\+0 records out\nwrote$/m);
    const devices = [{ hostPath: '/dev/kmsg', containerPath: '/dev/mine', permissions: 'w' }];
    const write = await boxes.sh(': < /dev/mine', { devices, capAdd: ['SYSLOG'] });
    assert.match(write.stderr, /Operation not permitted/);
  });

  it('a device outside /dev is made in the container, not in what is mounted there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-devices-'));
    writeFileSync(join(folder, 'f'), 'kept');
    const volumes = [`${folder}:/v`, `${folder}:/dev/v`];
    for (const path of ['/v/f', '/v/new', '/v/sub/new', '/dev/v/sub/new']) {
      await assert.rejects(boxes.run({ volumes, devices: [`/dev/zero:${path}`] }), {
        step: 'make device',
        code: 'EXDEV',
        path,
        hint: 'another mount covers the folder of the device',
      });
    }
    assert.deepEqual(readdirSync(folder), ['f']);
    assert.equal(readFileSync(join(folder, 'f'), 'utf8'), 'kept');
    const image = await Image.host({ engine: boxes.engine });
    for (const path of ['/zero', '/new/sub/zero', '/etc/zero', '/usr/zero', '/dev/sub/zero']) {
      const command = ['sh', '-c', `head -c 3 ${path} | wc -c`];
      for (const root of [{}, { image }]) {
        const options = { ...root, volumes: [`${folder}:/v`], devices: [`/dev/zero:${path}`] };
        const box = await boxes.run({ ...options, command });
        assert.equal((await box.stdout.text()).trim(), '3', path);
      }
    }
    rmSync(folder, { recursive: true });
  });

  it('deviceCgroupRules allow what mknod makes', async () => {
    const script = 'mknod /kmsg c 1 11 && : < /kmsg && echo opened';
    const capAdd = ['SYSLOG'];
    assert.match((await boxes.sh(script, { capAdd })).stderr, /Operation not permitted/);
    assert.equal(await boxes.text(script, { capAdd, deviceCgroupRules: ['c 1:11 r'] }), 'opened');
  });

  it('ulimits are those that were asked for', async () => {
    const ulimits = { nofile: { soft: 100, hard: 200 }, core: 0, nproc: 50 };
    const script = 'ulimit -Sn; ulimit -Hn; ulimit -c; grep processes /proc/self/limits';
    const lines = (await boxes.text(script, { ulimits })).split('\n');
    assert.deepEqual(lines.slice(0, 3), ['100', '200', '0']);
    assert.match(lines[3] ?? '', /50 +50 /);
  });

  it('a program may be denied every further descriptor', async () => {
    assert.equal(await boxes.text('ulimit -n', { ulimits: { nofile: 0 } }), '0');
  });

  it('sysctls of its own namespaces are set', async () => {
    const sysctls = {
      'net.ipv4.ip_unprivileged_port_start': 0,
      'kernel.msgmax': '12345',
      'fs.mqueue.msg_max': 33,
    };
    const script =
      'cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax /proc/sys/fs/mqueue/msg_max';
    assert.equal(await boxes.text(script, { sysctls }), '0\n12345\n33');
  });

  it('a sysctl of the whole machine is refused before anything is made', async () => {
    const sysctls = { 'kernel.panic': 1 };
    await assert.rejects(boxes.run({ sysctls }), {
      name: 'InvalidArgumentError',
      option: 'sysctls.kernel.panic',
    });
  });

  it('oomScoreAdj is that of the process', async () => {
    assert.equal(await boxes.text('cat /proc/self/oom_score_adj', { oomScoreAdj: 500 }), '500');
  });
});
