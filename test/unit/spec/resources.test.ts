// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { ContainerOptions } from '../../../lib/container/options.js';
import { InvalidArgumentError } from '../../../lib/errors.js';
import { majorOf, minorOf } from '../../../lib/spec/host-device.js';
import { build, V2 } from '../../helpers/facts.js';

const resourcesOf = (options: Partial<ContainerOptions>, machine = {}) =>
  build(options, machine).spec.linux?.resources;
const GIB = 1024 ** 3;

describe('limits', () => {
  it('swap is twice the memory unless told otherwise or not limited here', () => {
    const memory = '1g';
    assert.deepEqual(resourcesOf({ memory })?.memory, { limit: GIB, swap: 2 * GIB });
    assert.deepEqual(resourcesOf({ memory, memorySwap: -1 })?.memory, { limit: GIB, swap: -1 });
    assert.deepEqual(resourcesOf({ memory }, { swapLimit: false })?.memory, { limit: GIB });
    const options = { memory, memorySwap: '1g' };
    assert.throws(
      () => resourcesOf(options, { swapLimit: false }),
      /^InvalidArgumentError: memorySwap/,
    );
  });

  it('processors are a quota of a period of 100 ms', () => {
    assert.deepEqual(resourcesOf({ cpus: 1.5 })?.cpu, { period: 100_000, quota: 150_000 });
    assert.deepEqual(resourcesOf({ cpus: '0.01' })?.cpu, { period: 100_000, quota: 1000 });
  });

  it('all other limits are handed on', () => {
    const options: Partial<ContainerOptions> = {
      memoryReservation: '16m',
      memorySwappiness: 0,
      oomKillDisable: true,
      cpuShares: 512,
      cpuPeriod: 50_000,
      cpuQuota: 25_000,
      cpuRtPeriod: 1000,
      cpuRtRuntime: 500,
      cpusetCpus: '0,1',
      cpusetMems: '0',
      pidsLimit: 64,
      blkioWeight: 300,
    };
    const { devices: _, ...resources } = resourcesOf(options) ?? {};
    assert.deepEqual(resources, {
      memory: { reservation: 16 * 1024 ** 2, swappiness: 0, disableOOMKiller: true },
      cpu: {
        period: 50_000,
        quota: 25_000,
        shares: 512,
        realtimePeriod: 1000,
        realtimeRuntime: 500,
        cpus: '0,1',
        mems: '0',
      },
      pids: { limit: 64 },
      blockIO: { weight: 300 },
    });
  });

  it('what cgroup v2 does not have is left out with a warning for each', () => {
    const options: Partial<ContainerOptions> = {
      memorySwappiness: 10,
      oomKillDisable: true,
      kernelMemory: '8m',
      cpuRtPeriod: 5,
      cpuRtRuntime: 5,
    };
    const { spec, warnings } = build(options, V2);
    assert.deepEqual(Object.keys(spec.linux?.resources ?? {}), ['devices']);
    const names = warnings.map((text) => text.split(' ')[0]);
    assert.deepEqual(names.sort(), Object.keys(options).sort());
  });

  it('a limit on kernel memory is set where the kernel still has it', () => {
    const kernelMemory = '8m';
    const old = build({ kernelMemory }, { kernel: [5, 10] });
    assert.deepEqual(old.spec.linux?.resources?.memory, { kernel: 8 * 1024 ** 2 });
    const recent = build({ kernelMemory }, { kernel: [5, 16] });
    assert.equal(recent.spec.linux?.resources?.memory, undefined);
    assert.match(recent.warnings.join(), /5\.16/);
  });

  for (const [options, name, machine] of [
    [{ cpus: 2.01 }, 'cpus', {}],
    [{ cpusetCpus: '0-2' }, 'cpusetCpus', {}],
    [{ cpusetMems: '1' }, 'cpusetMems', {}],
    [{ memory: '64m' }, 'memory', { controllers: ['cpu'] }],
    [{ pidsLimit: 1 }, 'pidsLimit', { cgroup: 'none', controllers: [] }],
    [{ deviceReadBps: ['/dev/null:1m'] }, 'deviceReadBps[0]', {}],
    [{ blkioWeightDevice: ['/dev/nowhere:10'] }, 'blkioWeightDevice[0]', {}],
    [{ devices: ['/etc/passwd'] }, 'devices[0]', {}],
    [{ devices: ['/dev/nowhere'] }, 'devices[0]', {}],
  ] as [Partial<ContainerOptions>, string, object][]) {
    it(`${JSON.stringify(options)} is refused where it is not possible`, () => {
      assert.throws(
        () => resourcesOf(options, machine),
        (error) => {
          assert.ok(error instanceof InvalidArgumentError);
          assert.equal(error.option, name);
          return true;
        },
      );
    });
  }
});

describe('devices', () => {
  it('a device of the host gets a node and a rule', () => {
    const { spec } = build({ devices: ['/dev/zero:/dev/mine:r'] });
    const [device, ...others] = spec.linux?.devices ?? [];
    assert.equal(others.length, 0);
    assert.deepEqual(
      [device?.path, device?.type, device?.major, device?.minor],
      ['/dev/mine', 'c', 1, 5],
    );
    assert.deepEqual(spec.linux?.resources?.devices?.at(-1), {
      allow: true,
      type: 'c',
      major: 1,
      minor: 5,
      access: 'r',
    });
  });

  it('rules are added after the default ones', () => {
    const rules = resourcesOf({ deviceCgroupRules: ['b 8:* rw'] })?.devices;
    assert.deepEqual(rules?.at(-1), { allow: true, type: 'b', major: 8, access: 'rw' });
    assert.deepEqual(rules?.[0], { allow: false, access: 'rwm' });
  });

  it('numbers of devices beyond 32 bits are read as libc does', () => {
    assert.deepEqual([majorOf(0x0103), minorOf(0x0103)], [1, 3]);
    const rdev = 0x123_00000 + 0xfff00 + 0x45; // major 0xfff, minor 0x12345
    assert.deepEqual([majorOf(rdev), minorOf(rdev)], [0xfff, 0x12345]);
  });
});
