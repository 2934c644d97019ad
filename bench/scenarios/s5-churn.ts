// SPDX-License-Identifier: Apache-2.0
// Containers a second with several in flight, the kernel's own tidying up
// included: the clock stops when the last network namespace is gone.
import type { Context } from '../context.js';
import { canDrain, drainNamespaces } from '../drain.js';
import { busyCpuSeconds } from '../machine.js';
import type { Participant } from '../participants/participant.js';
import { type Bar, type Group, makeBar } from '../result.js';
import type { Scenario } from './scenario.js';

const LEVELS = [1, 2, 4, 8, 16];
const ROUNDS = 3;
const SECONDS = 10;

interface Sample {
  rate: number;
  drainMs: number | undefined;
  cpuMs: number;
}

async function sampleOf(
  participant: Participant,
  parallel: number,
  seconds: number,
): Promise<Sample | undefined> {
  const cpu = busyCpuSeconds();
  const churn = await participant.churn?.({ parallel, seconds });
  if (!churn) return undefined;
  const drainMs = canDrain() ? await drainNamespaces() : undefined;
  return {
    rate: churn.completed / (churn.seconds + (drainMs ?? 0) / 1000),
    drainMs,
    cpuMs: ((busyCpuSeconds() - cpu) * 1000) / churn.completed,
  };
}

function barOf({ name, omits }: Participant, samples: readonly Sample[]): Bar {
  const drains = samples.map(({ drainMs }) => drainMs).filter((ms) => ms !== undefined);
  const drain =
    drains.length > 0
      ? `drained in ${Math.max(...drains).toFixed(0)} ms`
      : 'drain not measured: no ip';
  const rates = samples.map(({ rate }) => rate);
  const bar = makeBar(name, rates, [drain, ...omits.map((what) => `without ${what}`)]);
  const cpuMs = samples.reduce((sum, sample) => sum + sample.cpuMs, 0) / samples.length;
  return { ...bar, cpuMs };
}

async function measureLevel(context: Context, parallel: number): Promise<Group> {
  const [rounds, seconds] = context.short ? [1, 0.5] : [ROUNDS, SECONDS];
  const able = context.participants.filter(({ churn }) => churn);
  const samples = new Map(able.map((participant) => [participant, [] as Sample[]]));
  for (let round = 0; round < rounds; round++) {
    for (const participant of able) {
      context.signal.throwIfAborted();
      const sample = await sampleOf(participant, parallel, seconds);
      if (sample) samples.get(participant)?.push(sample);
    }
  }
  const bars = [...samples].map(([participant, list]) => barOf(participant, list));
  return {
    scenario: 'S5',
    title: `churn, ${parallel} in flight`,
    unit: 'containers/s',
    better: 'more',
    bars,
  };
}

const scenario: Scenario = {
  id: 'S5',
  title: 'containers a second, fully drained',
  async measure(context) {
    const groups: Group[] = [];
    for (const parallel of context.short ? [1, 4] : LEVELS)
      groups.push(await measureLevel(context, parallel));
    return groups;
  },
};

export default scenario;
