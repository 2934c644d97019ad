// SPDX-License-Identifier: Apache-2.0
// Limits as the files of the container's cgroup show them on this machine.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { ContainerOptions } from '../../lib/index.js';
import { useBoxes } from '../helpers/boxes.js';
import { cgroupFolder, cgroupV2 } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';

const MIB = 1024 * 1024;

// One of the two columns is looked at: [controller, file, content].
interface Case {
  options: Partial<ContainerOptions>;
  v1?: [string, string, string | RegExp][];
  v2?: [string, string, string | RegExp][];
}

const CASES: Record<string, Case> = {
  memory: {
    options: { memory: '64m' },
    v1: [['memory', 'memory.limit_in_bytes', `${64 * MIB}`]],
    v2: [['memory', 'memory.max', `${64 * MIB}`]],
  },
  memoryReservation: {
    options: { memory: '64m', memoryReservation: '32m' },
    v1: [['memory', 'memory.soft_limit_in_bytes', `${32 * MIB}`]],
    v2: [['memory', 'memory.low', `${32 * MIB}`]],
  },
  'memory alone, which allows as much swap': {
    options: { memory: '64m' },
    v1: [['memory', 'memory.memsw.limit_in_bytes', `${128 * MIB}`]],
    v2: [['memory', 'memory.swap.max', `${64 * MIB}`]],
  },
  'memorySwap, the sum of both,': {
    options: { memory: '64m', memorySwap: '80m' },
    v1: [['memory', 'memory.memsw.limit_in_bytes', `${80 * MIB}`]],
    v2: [['memory', 'memory.swap.max', `${16 * MIB}`]],
  },
  'memorySwap as high as memory, no swap,': {
    options: { memory: '64m', memorySwap: '64m' },
    v1: [['memory', 'memory.memsw.limit_in_bytes', `${64 * MIB}`]],
    v2: [['memory', 'memory.swap.max', '0']],
  },
  'memorySwap without end': {
    options: { memory: '64m', memorySwap: -1 },
    v1: [
      ['memory', 'memory.limit_in_bytes', `${64 * MIB}`],
      ['memory', 'memory.memsw.limit_in_bytes', '9223372036854771712'],
    ],
    v2: [['memory', 'memory.swap.max', 'max']],
  },
  memorySwappiness: {
    options: { memorySwappiness: 13 },
    v1: [['memory', 'memory.swappiness', '13']],
  },
  oomKillDisable: {
    options: { memory: '64m', oomKillDisable: true },
    v1: [['memory', 'memory.oom_control', /^oom_kill_disable 1$/m]],
  },
  cpus: {
    options: { cpus: 1.5 },
    v1: [
      ['cpu', 'cpu.cfs_quota_us', '150000'],
      ['cpu', 'cpu.cfs_period_us', '100000'],
    ],
    v2: [['cpu', 'cpu.max', '150000 100000']],
  },
  'cpuQuota and cpuPeriod': {
    options: { cpuQuota: 20_000, cpuPeriod: 50_000 },
    v1: [
      ['cpu', 'cpu.cfs_quota_us', '20000'],
      ['cpu', 'cpu.cfs_period_us', '50000'],
    ],
    v2: [['cpu', 'cpu.max', '20000 50000']],
  },
  cpuShares: {
    options: { cpuShares: 512 },
    v1: [['cpu', 'cpu.shares', '512']],
    v2: [['cpu', 'cpu.weight', /^(20|59)$/]],
  },
  cpusetCpus: {
    options: { cpusetCpus: '0' },
    v1: [['cpuset', 'cpuset.cpus', '0']],
    v2: [['cpuset', 'cpuset.cpus', '0']],
  },
  cpusetMems: {
    options: { cpusetMems: '0' },
    v1: [['cpuset', 'cpuset.mems', '0']],
    v2: [['cpuset', 'cpuset.mems', '0']],
  },
  pidsLimit: {
    options: { pidsLimit: 17 },
    v1: [['pids', 'pids.max', '17']],
    v2: [['pids', 'pids.max', '17']],
  },
};

describe('limits of a container', () => {
  needs('root', 'busybox', 'cgroups');
  const boxes = useBoxes();

  for (const [name, { options, v1, v2 }] of Object.entries(CASES)) {
    const checks = cgroupV2 ? v2 : v1;
    if (checks === undefined) continue;
    it(`${name} is set in the cgroup`, async () => {
      if (options.cpus !== undefined && availableParallelism() < 2) options.cpus = 0.5;
      const box = await boxes.run(options);
      for (const [controller, file, expected] of checks) {
        const folder = cgroupFolder(box.pid, controller);
        assert.match(folder, /slipway/);
        const content = readFileSync(join(folder, file), 'utf8').trim();
        if (typeof expected === 'string') assert.equal(content, expected, file);
        else assert.match(content, expected, file);
      }
    });
  }

  describe('of block devices', () => {
    needs('cgroup v1', '/sys/fs/cgroup/blkio/blkio.throttle.read_bps_device', '/dev/loop0');

    it('rates of a block device are set in the cgroup', async () => {
      const path = '/dev/loop0';
      const box = await boxes.run({
        deviceReadBps: [`${path}:1m`],
        deviceWriteBps: [{ path, rate: 2 * MIB }],
        deviceReadIops: [`${path}:30`],
        deviceWriteIops: [`${path}:40`],
      });
      const folder = cgroupFolder(box.pid, 'blkio');
      const read = (file: string) => readFileSync(join(folder, `blkio.throttle.${file}`), 'utf8');
      assert.equal(read('read_bps_device'), `7:0 ${MIB}\n`);
      assert.equal(read('write_bps_device'), `7:0 ${2 * MIB}\n`);
      assert.equal(read('read_iops_device'), '7:0 30\n');
      assert.equal(read('write_iops_device'), '7:0 40\n');
    });

    it('a weight says which scheduler it needs where the device has another', async () => {
      assert.doesNotMatch(readFileSync('/sys/block/loop0/queue/scheduler', 'utf8'), /\[bfq]/);
      await assert.rejects(boxes.run({ blkioWeightDevice: ['/dev/loop0:300'] }), {
        code: 'ENOTSUP',
        path: 'linux.resources.blockIO.weightDevice',
        hint: /bfq scheduler on the disk; see \/sys\/block\/X\/queue\/scheduler$/,
      });
    });
  });

  it('are gone with the container', async () => {
    const box = await boxes.run({ memory: '64m', pidsLimit: 10 });
    const folders = ['memory', 'pids'].map((controller) => cgroupFolder(box.pid, controller));
    assert.deepEqual(folders.map(existsSync), [true, true]);
    await box.kill();
    await box.wait();
    assert.deepEqual(folders.map(existsSync), [false, false]);
  });

  it('of one container are not those of the next', async () => {
    for (const pidsLimit of [10, undefined, 20, undefined]) {
      const box = await boxes.run(pidsLimit === undefined ? {} : { pidsLimit });
      const file = join(cgroupFolder(box.pid, 'pids'), 'pids.max');
      assert.equal(readFileSync(file, 'utf8').trim(), `${pidsLimit ?? 'max'}`);
      await box.kill();
      await box.wait();
    }
  });

  it('of one process leave none for an init, which says so', async () => {
    await assert.rejects(boxes.run({ init: true, pidsLimit: 1 }), {
      step: 'start init',
      syscall: 'fork',
      code: 'EAGAIN',
      hint: /the container's pids limit is reached/,
    });
  });

  it('that this machine cannot set are refused before anything is made', async () => {
    const cpus = availableParallelism() + 100;
    await assert.rejects(boxes.run({ cpus }), {
      name: 'InvalidArgumentError',
      option: 'cpus',
      given: cpus,
    });
    await assert.rejects(boxes.run({ cpusetCpus: '4000' }), {
      name: 'InvalidArgumentError',
      option: 'cpusetCpus',
    });
    const devices = ['/dev/null:1m'];
    await assert.rejects(boxes.run({ deviceReadBps: devices }), {
      name: 'InvalidArgumentError',
      option: 'deviceReadBps[0]',
    });
  });
});
