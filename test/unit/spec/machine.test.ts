// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { readMachineFacts } from '../../../lib/spec/machine.js';

describe('facts of this machine', () => {
  const machine = readMachineFacts();

  it('name the kernel, the processors and the host', () => {
    const release = readFileSync('/proc/sys/kernel/osrelease', 'utf8');
    assert.ok(release.startsWith(`${machine.kernel.join('.')}`));
    assert.ok(machine.cpuCount >= availableParallelism());
    assert.equal(machine.hostname, hostname());
  });

  it('tell root from an ordinary user', () => {
    if (process.geteuid?.() !== 0) assert.equal(machine.rootless, true);
    const mask = /^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
    const resource = (BigInt(`0x${mask}`) >> 24n) & 1n;
    if (!machine.rootless) assert.equal(machine.hasSysResource, resource === 1n);
  });

  it('know the version of cgroups', () => {
    const v2 = existsSync('/sys/fs/cgroup/cgroup.controllers');
    assert.equal(machine.cgroup === 'v2', v2);
    if (machine.cgroup === 'v1' || machine.cgroup === 'hybrid') {
      const expected = !machine.rootless && existsSync('/sys/fs/cgroup/pids/tasks');
      assert.equal(machine.controllers.includes('pids'), expected);
    }
  });

  it('have the limit on open files that a shell sees', () => {
    const hard = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
    assert.equal(String(machine.rlimits['RLIMIT_NOFILE']?.hard), hard);
  });
});
