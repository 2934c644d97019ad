// SPDX-License-Identifier: Apache-2.0
// What a limit does, and what the report of the end tells of it.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBoxes } from '../helpers/boxes.js';
import { diskOf } from '../helpers/disk.js';
import { needs } from '../helpers/needs.js';

const MIB = 1024 * 1024;

describe('the report of a container', () => {
  needs('root', 'busybox', 'cgroups');
  const boxes = useBoxes();

  it('says when the memory limit killed it', async () => {
    const { oomKilled, exitCode, signal, usage } = await boxes.sh('exec tail /dev/zero', {
      memory: '32m',
    });
    assert.deepEqual(
      { oomKilled, exitCode, signal },
      { oomKilled: true, exitCode: 137, signal: 'SIGKILL' },
    );
    const peak = usage.memoryPeakBytes ?? 0;
    assert.ok(peak > 16 * MIB && peak <= 32 * MIB, `${peak}`);
  });

  it('says so too when it was a process beside the first', async () => {
    const { oomKilled, exitCode } = await boxes.sh('tail /dev/zero; exit 0', { memory: '32m' });
    assert.deepEqual({ oomKilled, exitCode }, { oomKilled: true, exitCode: 0 });
  });

  it('says nothing of memory when it was killed otherwise', async () => {
    const box = await boxes.run({ memory: '32m' });
    await box.kill();
    assert.equal((await box.wait()).oomKilled, false);
    assert.equal((await box.inspect()).state.oomKilled, false);
  });

  it('counts processes, and refusals by the limit', async () => {
    const script = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 3 & done; exit 0';
    const limited = await boxes.sh(script, { pidsLimit: 5 });
    assert.ok((limited.usage.pidsLimitHits ?? 0) >= 1, JSON.stringify(limited.usage));
    assert.ok((limited.usage.pidsPeak ?? 0) <= 5);
    const free = await boxes.sh('sleep 1 & sleep 1 & sleep 1 & true', { pidsLimit: 50 });
    assert.equal(free.usage.pidsLimitHits, 0);
    assert.ok((free.usage.pidsPeak ?? 0) >= 3);
  });

  it('has the processor time and the time from start to end', async () => {
    const busy = 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done';
    const { usage, durationMs } = await boxes.sh(busy);
    assert.ok(usage.cpuUserMs + usage.cpuSystemMs > 10, JSON.stringify(usage));
    assert.ok(durationMs > 10 && durationMs < 9000);
    assert.ok(usage.cpuUserMs + usage.cpuSystemMs <= durationMs + 50);
  });

  it('has what each container used by itself', async () => {
    await boxes.sh('head -c 20000000 /dev/zero | tail -c 15000000 > /dev/null');
    const { usage } = await boxes.sh('true');
    assert.ok((usage.memoryPeakBytes ?? 0) < 8 * MIB, JSON.stringify(usage));
    assert.ok((usage.pidsPeak ?? 0) <= 3);
  });

  it('has the time of every step, and in total', async () => {
    const { timings } = await boxes.sh('true');
    const { total = 0, ...steps } = timings;
    for (const step of ['apply limits', 'mount rootfs', 'pivot root', 'drop rights', 'exec']) {
      assert.ok(step in steps, `${step} in ${Object.keys(steps)}`);
    }
    const sum = Object.values(steps).reduce((a, b) => a + b, 0);
    assert.ok(sum > 0 && sum <= total, `${sum} of ${total}`);
  });

  it('cpus limits the processor time', async () => {
    const busy = 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done';
    const { usage, durationMs } = await boxes.sh(busy, { cpus: 0.2 });
    const share = (usage.cpuUserMs + usage.cpuSystemMs) / durationMs;
    assert.ok(share < 0.4, `${share}`);
  });
});

describe('the report of a container with a disk', () => {
  needs('root', 'busybox', 'cgroups', 'a disk that is counted');
  const boxes = useBoxes();

  it('has the bytes that went to and from a disk', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-io-'));
    try {
      const disk = diskOf(folder);
      const script = [
        'dd if=/dev/zero of=/m/x bs=64k count=3 oflag=direct',
        'dd if=/m/x of=/dev/null bs=64k count=2 iflag=direct',
      ].join(' && ');
      // Version 1 counts a disk from the first limit on.
      const limits = { deviceReadBps: [`${disk}:1g`], deviceWriteBps: [`${disk}:1g`] };
      const options = { image: 'host' as const, volumes: [`${folder}:/m`] };
      const { usage, stderr } = await boxes.sh(script, { ...options, ...limits });
      const [written = 0, read = 0] = [usage.ioWriteBytes, usage.ioReadBytes];
      assert.ok(written >= 3 * 65_536 && written < MIB, `${written} ${stderr}`);
      assert.ok(read >= 2 * 65_536 && read < MIB, `${read} ${stderr}`);
      const idle = await boxes.sh('true', limits);
      assert.deepEqual([idle.usage.ioWriteBytes, idle.usage.ioReadBytes], [0, 0]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
