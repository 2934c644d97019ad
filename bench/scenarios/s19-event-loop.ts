// SPDX-License-Identifier: Apache-2.0
// How long the event loop is held up while many containers start, beside the
// same number of child processes and beside an idle loop.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context.js';
import { Slipway } from '../participants/slipway.js';
import { type Bar, type Group, makeBar } from '../result.js';
import type { Scenario } from './scenario.js';

const IN_FLIGHT = 8;

async function many(context: Context, count: number, start: () => Promise<void>): Promise<void> {
  let left = count;
  const worker = async () => {
    while (left-- > 0) {
      context.signal.throwIfAborted();
      await start();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}

// Nothing is subtracted: the resolution of 1 ms is part of each value. The
// percentiles of the histogram stand for its values, which it does not keep.
async function delayDuring(name: string, work: () => Promise<void>): Promise<Bar> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await work();
  // A delay is only counted by the tick that comes after it.
  await sleep(20);
  histogram.disable();
  const ms = (share: number) => histogram.percentile(share) / 1e6;
  const summary = {
    count: histogram.count,
    min: histogram.min / 1e6,
    p50: ms(50),
    p90: ms(90),
    p99: ms(99),
  };
  const p99 = makeBar(
    name,
    [summary.p99],
    [`median ${summary.p50.toFixed(2)} ms`, `longest ${(histogram.max / 1e6).toFixed(1)} ms`],
  );
  return { ...p99, summary: { ...summary, p50: summary.p99, p90: summary.p99 } };
}

async function spawnTrue(root: string): Promise<void> {
  const child = spawn(join(root, 'bin/true'), { stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`true ended with ${code}`);
}

const scenario: Scenario = {
  id: 'S19',
  title: 'event loop delay while containers start',
  async measure(context): Promise<Group[]> {
    const count = context.short ? 20 : 1000;
    const slipway = context.participants.find((participant) => participant instanceof Slipway);
    const bars = [
      await delayDuring('idle loop', () => sleep(context.short ? 100 : 2000).then(() => {})),
    ];
    const { root } = context.workspace;
    bars.push(
      await delayDuring('child_process', () => many(context, count, () => spawnTrue(root))),
    );
    if (slipway)
      bars.unshift(
        await delayDuring('slipway', () => many(context, count, () => slipway.runTrue())),
      );
    const title = `99th percentile of the event loop's delay during ${count} starts, ${IN_FLIGHT} in flight`;
    return [{ scenario: 'S19', title, unit: 'ms', better: 'less', bars }];
  },
};

export default scenario;
