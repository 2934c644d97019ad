// SPDX-License-Identifier: Apache-2.0
// What is known when a container has ended.
import { constants } from 'node:os';
import type { ExitEvent } from '../engine/supervisor.js';

/** What a container used, from its cgroup; an absent value is one the kernel does not count. */
export interface ResourceUsage {
  /** Processor time in user mode, milliseconds, of all its processes. */
  readonly cpuUserMs: number;
  /** Processor time in the kernel, milliseconds. */
  readonly cpuSystemMs: number;
  /** Highest use of memory, bytes. Without a cgroup: of its largest process. */
  readonly memoryPeakBytes?: number;
  /** Highest number of processes and threads. */
  readonly pidsPeak?: number;
  /** How often the pids limit refused a new process. */
  readonly pidsLimitHits?: number;
  /** Read from block devices, bytes. */
  readonly ioReadBytes?: number;
  /** Written to block devices, bytes. */
  readonly ioWriteBytes?: number;
}

/** The result of {@link Container.wait}. */
export interface ExitReport {
  /** The exit code; 128 + signal when a signal ended the process. */
  readonly exitCode: number;
  /** The signal that ended it, such as `'SIGKILL'`, or null. */
  readonly signal: NodeJS.Signals | null;
  /** Whether the kernel killed a process of it for lack of memory. */
  readonly oomKilled: boolean;
  /** From the start request to the end, milliseconds. */
  readonly durationMs: number;
  readonly usage: ResourceUsage;
  /** Microseconds of each step of the start, by name, and `total`. */
  readonly timings: Readonly<Record<string, number>>;
}

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, value]) => [value, name]));

export function signalName(signal: number): NodeJS.Signals | null {
  if (signal === 0) return null;
  return (SIGNALS.get(signal as never) ?? `SIG${signal}`) as NodeJS.Signals;
}

export function exitReport(
  event: ExitEvent,
  timings: Readonly<Record<string, number>>,
): ExitReport {
  return {
    exitCode: event.exitCode,
    signal: signalName(event.signal),
    oomKilled: (event.usage?.oomKills ?? 0) > 0,
    durationMs: event.durationUs / 1000,
    usage: usageOf(event),
    timings,
  };
}

function usageOf(event: ExitEvent): ResourceUsage {
  const usage = event.usage;
  if (usage === undefined) {
    return {
      cpuUserMs: event.userUs / 1000,
      cpuSystemMs: event.systemUs / 1000,
      memoryPeakBytes: event.maxRssBytes,
    };
  }
  return {
    cpuUserMs: (usage.cpuUserUs ?? event.userUs) / 1000,
    cpuSystemMs: (usage.cpuSystemUs ?? event.systemUs) / 1000,
    ...optional('memoryPeakBytes', usage.memoryPeakBytes),
    ...optional('pidsPeak', usage.pidsPeak),
    ...optional('pidsLimitHits', usage.pidsMaxEvents),
    ...optional('ioReadBytes', usage.ioReadBytes),
    ...optional('ioWriteBytes', usage.ioWriteBytes),
  };
}

function optional<Key extends string>(key: Key, value: number | undefined) {
  return (value === undefined ? {} : { [key]: value }) as { [K in Key]?: number };
}
