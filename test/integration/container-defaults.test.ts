// SPDX-License-Identifier: Apache-2.0
// What a container gets when nothing was asked for: Docker's defaults.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Container } from '../../lib/index.js';
import { useBoxes } from '../helpers/boxes.js';
import { fieldOf, namespaceOf } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';

const DOCKER_CAPABILITIES = '00000000a80425fb';
const NOTHING = '0000000000000000';
const MASKED_FILES = ['interrupts', 'kcore', 'keys', 'latency_stats', 'sched_debug', 'timer_list'];
const MASKED_FOLDERS = ['/proc/acpi', '/proc/asound', '/proc/scsi', '/sys/firmware'];
const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

describe('the defaults of a container', () => {
  needs('containers', 'busybox', 'root');
  const boxes = useBoxes();
  let box: Container;
  beforeEach(async () => {
    box = await boxes.run();
  });
  const shell = async (script: string): Promise<string> => {
    const { stdout = '', stderr, exitCode } = await box.exec(['sh', '-c', script]);
    assert.equal(exitCode, 0, `${script}: ${stdout} ${stderr}`);
    return stdout;
  };

  it("are Docker's 14 capabilities, none of them inheritable or ambient", () => {
    const status = readFileSync(`/proc/${box.pid}/status`, 'utf8');
    const sets = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'];
    assert.deepEqual(
      sets.map((set) => fieldOf(status, set)),
      [NOTHING, DOCKER_CAPABILITIES, DOCKER_CAPABILITIES, DOCKER_CAPABILITIES, NOTHING],
    );
  });

  it('are a system call filter, and set-user-ID programs that work', () => {
    const status = readFileSync(`/proc/${box.pid}/status`, 'utf8');
    assert.equal(fieldOf(status, 'Seccomp'), '2');
    assert.equal(fieldOf(status, 'NoNewPrivs'), '0');
  });

  it('are namespaces of its own', () => {
    for (const type of ['mnt', 'pid', 'net', 'ipc', 'uts']) {
      assert.notEqual(namespaceOf(box.pid, type), namespaceOf('self', type), type);
    }
    assert.equal(namespaceOf(box.pid, 'user'), namespaceOf('self', 'user'));
  });

  it('hide what the kernel tells of the machine', async () => {
    const found = readdirSync('/proc').filter((name) => MASKED_FILES.includes(name));
    for (const name of found) assert.equal(await shell(`wc -c < /proc/${name}`), '0', name);
    for (const folder of MASKED_FOLDERS) {
      assert.equal(await shell(`ls -A ${folder} 2>/dev/null | wc -l`), '0', folder);
    }
  });

  it('make the settings of the kernel read-only', async () => {
    for (const path of READ_ONLY.filter(existsSync)) {
      assert.match(await shell(`grep " ${path} " /proc/mounts`), / ro,/, path);
    }
    const sysctl = await box.exec(['sh', '-c', 'echo 1 > /proc/sys/vm/drop_caches']);
    assert.match(sysctl.stderr ?? '', /Read-only file system/);
  });

  it('mount /proc, /sys, /dev and what is below them', async () => {
    const lines = (await shell('cut -d" " -f2-4 /proc/mounts')).split('\n');
    const find = (target: string) => lines.find((line) => line.startsWith(`${target} `)) ?? '';
    assert.match(find('/proc'), /^\/proc proc rw,nosuid,nodev,noexec/);
    assert.match(find('/sys'), /^\/sys sysfs ro,nosuid,nodev,noexec/);
    assert.match(find('/dev'), /^\/dev tmpfs rw,nosuid.*size=65536k,mode=755/);
    assert.match(
      find('/dev/pts'),
      /^\/dev\/pts devpts rw,nosuid,noexec.*gid=5,mode=620,ptmxmode=666/,
    );
    assert.match(find('/dev/shm'), /^\/dev\/shm tmpfs rw,nosuid,nodev,noexec.*size=65536k/);
    assert.match(find('/dev/mqueue'), /^\/dev\/mqueue mqueue rw,nosuid,nodev,noexec/);
    assert.match(find('/sys/fs/cgroup'), /^\/sys\/fs\/cgroup (tmpfs|cgroup2) ro/);
  });

  it('are six devices that everybody may use, and links for the rest', async () => {
    const numbers = {
      null: '1 3',
      zero: '1 5',
      full: '1 7',
      random: '1 8',
      urandom: '1 9',
      tty: '5 0',
    };
    for (const [name, number] of Object.entries(numbers)) {
      assert.equal(
        await shell(`stat -c '%F %t %T %a' /dev/${name}`),
        `character special file ${number} 666`,
      );
    }
    const links = {
      fd: '/proc/self/fd',
      stdin: '/proc/self/fd/0',
      stdout: '/proc/self/fd/1',
      stderr: '/proc/self/fd/2',
      ptmx: 'pts/ptmx',
      core: '/proc/kcore',
    };
    for (const [name, target] of Object.entries(links)) {
      assert.equal(await shell(`readlink /dev/${name}`), target);
    }
    const names = (await shell('ls /dev')).split('\n');
    const expected = [...Object.keys(numbers), ...Object.keys(links), 'mqueue', 'pts', 'shm'];
    assert.deepEqual(names.filter((name) => name !== 'console').sort(), expected.sort());
    assert.equal(await shell('head -c 4 /dev/zero | wc -c; echo lost > /dev/null'), '4');
  });

  it('deny every other device, made by mknod or not', async () => {
    await shell('mknod /disk b 254 0 && mknod /kmsg c 1 11');
    for (const node of ['/disk', '/kmsg']) {
      const { exitCode, stderr } = await box.exec(['head', '-c', '1', node]);
      assert.equal(exitCode, 1);
      assert.match(stderr ?? '', /Operation not permitted/);
    }
  });

  it('have the first 12 digits of the id as host name', async () => {
    const name = box.id.slice(0, 12);
    assert.equal(
      await shell('hostname; cat /etc/hostname; echo $HOSTNAME'),
      `${name}\n${name}\n${name}`,
    );
    assert.match(await shell('cat /etc/hosts'), /^127\.0\.0\.1\tlocalhost/m);
    assert.match(await shell('cat /etc/resolv.conf'), /^nameserver /m);
  });

  it('have an environment with a search path and a home', async () => {
    const { stdout } = await boxes.sh('env | grep -v -e ^SHLVL -e ^PWD -e ^HOSTNAME | sort');
    const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    assert.equal(stdout, `HOME=/root\nPATH=${path}\n`);
  });

  it('have no network but a loopback that is up', async () => {
    assert.equal(await shell('ls /sys/class/net'), 'lo');
    assert.match(await shell('ip addr show lo'), /<LOOPBACK,UP[^>]*>[\s\S]*inet 127\.0\.0\.1\/8/);
    assert.equal(await shell('ip route'), '');
    assert.equal(await shell('ping -c 1 -W 1 127.0.0.1 >/dev/null && echo up'), 'up');
  });

  it('have a root that may be written to', async () => {
    assert.equal(await shell('echo x > /file && cat /file; id -u; id -g; pwd'), 'x\n0\n0\n/');
  });
});
