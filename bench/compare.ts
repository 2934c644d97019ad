// SPDX-License-Identifier: Apache-2.0
// Latencies of one operation by all participants, a round of each in turn, so
// that what else the machine does meets all of them alike.
import type { Context } from './context.js';
import { busyCpuSeconds } from './machine.js';
import type { Batch, Latency, Participant } from './participants/participant.js';
import { type Bar, type Group, makeBar } from './result.js';
import type { Scenario } from './scenarios/scenario.js';

interface Mode {
  name: 'hot' | 'sporadic';
  idleMs: number;
  rounds: number;
  samples: number;
  /** A participant that needs longer for a round gets fewer samples in the next. */
  roundMs: number;
}

const HOT: Mode = { name: 'hot', idleMs: 0, rounds: 10, samples: 30, roundMs: 1500 };
const SPORADIC: Mode = { name: 'sporadic', idleMs: 200, rounds: 5, samples: 8, roundMs: 4000 };
const SHORT = { rounds: 2, samples: 2 };

class Lane {
  readonly values: number[] = [];
  private cpuSeconds = 0;
  private samples: number;

  constructor(
    readonly participant: Participant,
    private readonly mode: Mode,
  ) {
    this.samples = mode.samples;
  }

  async round(latency: Latency, network: Batch['network']): Promise<void> {
    const [begin, cpu] = [performance.now(), busyCpuSeconds()];
    const batch = { samples: this.samples, idleMs: this.mode.idleMs, network };
    const values = (await this.participant[latency]?.(batch)) ?? [];
    this.cpuSeconds += busyCpuSeconds() - cpu;
    this.values.push(...values);
    const each = (performance.now() - begin) / Math.max(values.length, 1);
    this.samples = Math.max(1, Math.min(this.mode.samples, Math.floor(this.mode.roundMs / each)));
  }

  bar(): Bar {
    const bar = makeBar(
      this.participant.name,
      this.values,
      this.participant.omits.map((what) => `without ${what}`),
    );
    // With idle times between, the figure would be what the rest of the machine does.
    if (this.mode.idleMs === 0) bar.cpuMs = (this.cpuSeconds * 1000) / this.values.length;
    return bar;
  }
}

export interface Comparison {
  id: string;
  title: string;
  latency: Latency;
  network: Batch['network'];
}

async function compareIn(mode: Mode, context: Context, comparison: Comparison): Promise<Group> {
  const { id, title, latency, network } = comparison;
  const able = context.participants.filter((participant) => participant[latency]);
  const lanes = able.map((participant) => new Lane(participant, mode));
  for (let round = 0; round < mode.rounds; round++) {
    for (const lane of lanes) {
      context.signal.throwIfAborted();
      await lane.round(latency, network);
    }
  }
  const bars = lanes.map((lane) => lane.bar());
  return { scenario: id, title: `${title}, ${mode.name}`, unit: 'µs', better: 'less', bars };
}

export function latencyScenario(comparison: Comparison): Scenario {
  return {
    id: comparison.id,
    title: comparison.title,
    async measure(context) {
      const modes = [HOT, SPORADIC].map((mode) => (context.short ? { ...mode, ...SHORT } : mode));
      const groups: Group[] = [];
      for (const mode of modes) groups.push(await compareIn(mode, context, comparison));
      return groups;
    },
  };
}
