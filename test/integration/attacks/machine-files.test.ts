// SPDX-License-Identifier: Apache-2.0
// Files by which the kernel can be steered, devices of the machine, and settings
// that belong to no container.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { InvalidArgumentError } from '../../../lib/index.js';
import { failure, machinePicture, type RunOptions, useRange } from './attack.js';

// Opened for writing, never written to: what succeeds by mistake does no harm.
const STEERING = [
  '/proc/sysrq-trigger',
  '/proc/sys/kernel/core_pattern',
  '/proc/sys/kernel/modprobe',
  '/proc/sys/kernel/sysrq',
  '/proc/sys/kernel/hostname',
  '/proc/sys/vm/panic_on_oom',
  '/proc/sys/fs/binfmt_misc/register',
  '/proc/irq/default_smp_affinity',
  '/proc/bus/pci/devices',
  '/sys/kernel/uevent_helper',
  '/sys/kernel/mm/transparent_hugepage/enabled',
  '/sys/power/state',
  '/sys/fs/cgroup/memory/release_agent',
  '/sys/fs/cgroup/memory/memory.limit_in_bytes',
  '/sys/fs/cgroup/devices/devices.allow',
  '/sys/fs/cgroup/unified/cgroup.procs',
];
const HIDDEN_FILES = [
  '/proc/kcore',
  '/proc/keys',
  '/proc/timer_list',
  '/proc/interrupts',
  '/proc/latency_stats',
];
const HIDDEN_FOLDERS = [
  '/proc/acpi',
  '/proc/scsi',
  '/proc/asound',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];

const USERS: readonly [string, Partial<RunOptions>][] = [
  ['root', {}],
  ['root with every capability but the filter', { capAdd: ['ALL'] }],
];

// One line for each path that the test of the shell holds for.
const each = (paths: readonly string[], test: string) =>
  `for path in ${paths.join(' ')}; do if ${test}; then echo "$path"; fi; done`;

describe('files and devices of the machine', function () {
  this.timeout(20_000);
  const range = useRange();
  const sh = (script: string, options: Partial<RunOptions> = {}) =>
    range.run({ command: ['sh', '-c', script], ...options });

  for (const [who, options] of USERS) {
    it(`cannot be opened for writing by ${who}`, async () => {
      const { stdout } = await sh(each(STEERING, '(: >>"$path") 2>/dev/null'), options);
      assert.equal(stdout, '');
    });

    it(`are hidden from ${who}`, async () => {
      const files = await sh(
        each(HIDDEN_FILES, '[ -n "$(head -c 1 "$path" 2>/dev/null)" ]'),
        options,
      );
      const folders = await sh(
        each(HIDDEN_FOLDERS, '[ -n "$(ls -A "$path" 2>/dev/null)" ]'),
        options,
      );
      assert.equal(files.stdout + folders.stdout, '');
    });
  }

  it('are hidden by mounts that the container cannot take away', async () => {
    const { exitCode } = await sh('umount /proc/keys || umount -l /proc/sys');
    assert.notEqual(exitCode, 0);
  });

  it('that are block or memory devices cannot be opened by a node made inside', async () => {
    const nodes = [
      'b 254 0',
      'b 8 0',
      'b 7 0',
      'c 1 1',
      'c 1 2',
      'c 1 4',
      'c 1 11',
      'c 10 200',
      'c 10 237',
    ];
    const script = nodes.map((node) => {
      const path = `/tmp/${node.replaceAll(' ', '-')}`;
      return `mknod ${path} ${node} && head -c 1 ${path} 2>&1 >/dev/null | grep -c "not permitted"`;
    });
    const { stdout } = await sh(script.join('\n'));
    assert.equal(stdout, '1\n'.repeat(nodes.length));
  });

  it('that every container has can be opened, and no others are there', async () => {
    const allowed = ['null', 'zero', 'full', 'random', 'urandom', 'tty', 'console', 'ptmx', 'pts'];
    const links = ['core', 'fd', 'stdin', 'stdout', 'stderr', 'shm', 'mqueue'];
    const { stdout } = await sh('ls /dev; head -c 1 /dev/urandom | wc -c; echo x > /dev/null');
    const lines = stdout.trim().split('\n');
    assert.equal(lines.pop()?.trim(), '1');
    assert.deepEqual(
      lines.filter((name) => ![...allowed, ...links].includes(name)),
      [],
    );
  });

  it('keep their owner and mode when a container changes its own', async () => {
    const before = machinePicture();
    const script =
      'chown 1:1 /dev/null /dev/zero; chmod 600 /dev/null; rm /dev/zero; echo x > /etc/hosts';
    assert.equal((await sh(script)).exitCode, 0);
    assert.deepEqual(machinePicture(), before);
  });

  it('show of the cgroup hierarchies the own one of a container, read-only', async () => {
    const { stdout } = await sh(
      'grep " - cgroup" /proc/self/mountinfo; echo; cat /proc/self/cgroup',
    );
    const [mounts = '', own = ''] = stdout.split('\n\n');
    const paths = new Set(
      own
        .trim()
        .split('\n')
        .map((line) => line.split(':')[2]),
    );
    assert.ok(mounts !== '' && own !== '', stdout);
    for (const line of mounts.split('\n')) {
      const [, , , root, , options] = line.split(' ');
      assert.ok(paths.has(root), line);
      assert.match(options ?? '', /^ro,nosuid,nodev,noexec/);
    }
  });

  it('are not changed by sysctls that no namespace has', async () => {
    const refused = [
      'kernel.core_pattern',
      'vm.swappiness',
      'kernel.modprobe',
      'fs.file-max',
      'kernel.hostname',
    ];
    for (const name of [
      ...refused,
      'net.../../kernel.core_pattern',
      'net/../kernel/core_pattern',
    ]) {
      const error = await failure(range.run({ command: ['true'], sysctls: { [name]: '1' } }));
      assert.ok(error instanceof InvalidArgumentError, `${name}: ${error.message}`);
    }
  });

  it('are not changed by sysctls of a namespace that is shared with the machine', async () => {
    const path = '/proc/sys/net/ipv4/ip_forward';
    const before = readFileSync(path, 'utf8');
    const sysctls = { 'net.ipv4.ip_forward': before.trim() === '0' ? '1' : '0' };
    await failure(range.run({ command: ['true'], network: 'host', sysctls }));
    assert.equal(readFileSync(path, 'utf8'), before);
    const own = await range.run({ command: ['cat', path], sysctls });
    assert.equal(own.stdout.trim(), sysctls['net.ipv4.ip_forward']);
    assert.equal(readFileSync(path, 'utf8'), before);
  });
});
