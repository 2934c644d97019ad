// SPDX-License-Identifier: Apache-2.0
// Limits on memory, processors and processes. Only what follows from the
// options alone is checked here; what the machine has is known to spec/resources.

import { asBoolean, asInteger, asText, refuse } from '../../check.js';
import {
  parseIdSet,
  parseNanoCpus,
  parseSize,
  parseSizeOrUnlimited,
  type Size,
} from '../../units.js';

export interface ResourceOptions {
  /** Limit on memory, at least 6 MiB; 0 is none. Default: none. Docker: `docker run --memory`. */
  memory?: Size;
  /** What is kept when memory is short, at least 6 MiB and at most `memory`. Docker: `--memory-reservation`. */
  memoryReservation?: Size;
  /**
   * Limit on memory and swap together, at least `memory`, which it needs; -1 is no limit.
   * Default: twice `memory`. Docker: `docker run --memory-swap`.
   */
  memorySwap?: Size;
  /** How eagerly memory is swapped, 0 to 100; cgroup v1. Default: the machine's. Docker: `--memory-swappiness`. */
  memorySwappiness?: number;
  /** Limit on kernel memory, at least 6 MiB; cgroup v1 and kernels before 5.16. Docker: `--kernel-memory`. */
  kernelMemory?: Size;
  /** Processes wait instead of being killed when `memory` is used up; cgroup v1. Docker: `--oom-kill-disable`. */
  oomKillDisable?: boolean;
  /** How likely the kernel kills the container first when memory ends, -1000 to 1000. Docker: `--oom-score-adj`. */
  oomScoreAdj?: number;
  /** Processors, 0.01 up to those of the machine; not with `cpuPeriod` or `cpuQuota`. Docker: `docker run --cpus`. */
  cpus?: number | string;
  /** Weight against other containers, 2 to 262144; 0 is the default, 1024. Docker: `--cpu-shares`. */
  cpuShares?: number;
  /** Length of a quota's period in µs, 1000 to 1000000. Default: 100000. Docker: `--cpu-period`. */
  cpuPeriod?: number;
  /** Processor time in each period in µs, at least 1000; -1 is no limit. Docker: `--cpu-quota`. */
  cpuQuota?: number;
  /** Real-time period in µs; cgroup v1. Docker: `--cpu-rt-period`. */
  cpuRtPeriod?: number;
  /** Real-time runtime in each period in µs, at most the period; cgroup v1. Docker: `--cpu-rt-runtime`. */
  cpuRtRuntime?: number;
  /** Processors to run on, such as `'0-2,5'`. Default: all. Docker: `--cpuset-cpus`. */
  cpusetCpus?: string;
  /** Memory nodes to use, such as `'0'`. Default: all. Docker: `--cpuset-mems`. */
  cpusetMems?: string;
  /** Most processes and threads; -1 and 0 are no limit. Default: none. Docker: `--pids-limit`. */
  pidsLimit?: number;
}

export interface NormalisedResources {
  memoryBytes: number | undefined;
  memoryReservationBytes: number | undefined;
  memorySwapBytes: number | undefined;
  memorySwappiness: number | undefined;
  kernelMemoryBytes: number | undefined;
  oomKillDisable: boolean;
  oomScoreAdj: number | undefined;
  nanoCpus: number | undefined;
  cpuShares: number | undefined;
  cpuPeriodUs: number | undefined;
  cpuQuotaUs: number | undefined;
  cpuRtPeriodUs: number | undefined;
  cpuRtRuntimeUs: number | undefined;
  cpusetCpus: string | undefined;
  cpusetMems: string | undefined;
  pidsLimit: number | undefined;
}

const MIN_MEMORY = 6 * 1024 * 1024; // Docker's; below it not even its init could be loaded.
const MAX_PIDS = 4_194_304; // The kernel's PID_MAX_LIMIT.

export function normaliseResources(options: ResourceOptions): NormalisedResources {
  const read = {
    memoryBytes: readMemory('memory', options.memory),
    memoryReservationBytes: readMemory('memoryReservation', options.memoryReservation),
    memorySwapBytes: readSwap(options.memorySwap),
    memorySwappiness: optional('memorySwappiness', options.memorySwappiness, 0, 100),
    kernelMemoryBytes: readMemory('kernelMemory', options.kernelMemory),
    oomKillDisable: asBoolean('oomKillDisable', options.oomKillDisable),
    oomScoreAdj: optional('oomScoreAdj', options.oomScoreAdj, -1000, 1000),
    nanoCpus: readCpus(options.cpus),
    cpuShares: readShares(options.cpuShares),
    cpuPeriodUs: optional('cpuPeriod', options.cpuPeriod, 1000, 1_000_000),
    cpuQuotaUs: readQuota(options.cpuQuota),
    cpuRtPeriodUs: optional('cpuRtPeriod', options.cpuRtPeriod, 1, 1e9),
    cpuRtRuntimeUs: optional('cpuRtRuntime', options.cpuRtRuntime, 0, 1e9),
    cpusetCpus: readSet('cpusetCpus', options.cpusetCpus),
    cpusetMems: readSet('cpusetMems', options.cpusetMems),
    pidsLimit: readPids(options.pidsLimit),
  };
  checkMemory(options, read);
  checkCpu(options, read);
  return read;
}

function checkMemory(options: ResourceOptions, read: NormalisedResources): void {
  const { memoryBytes: memory, memoryReservationBytes: reservation, memorySwapBytes: swap } = read;
  if (memory !== undefined && reservation !== undefined && reservation > memory) {
    refuse('memoryReservation', options.memoryReservation, `at most memory, ${memory} bytes`);
  }
  if (swap === undefined || swap === -1) return;
  if (memory === undefined) {
    refuse('memorySwap', options.memorySwap, 'memorySwap only together with memory');
  }
  if (swap < memory) {
    const hint = 'memorySwap is memory and swap together';
    refuse('memorySwap', options.memorySwap, `at least memory, ${memory} bytes`, hint);
  }
}

function checkCpu(options: ResourceOptions, read: NormalisedResources): void {
  if (read.nanoCpus !== undefined && (options.cpuPeriod ?? options.cpuQuota) !== undefined) {
    const hint = 'cpus sets both the period and the quota';
    refuse('cpus', options.cpus, 'either cpus or cpuPeriod and cpuQuota', hint);
  }
  const { cpuRtPeriodUs: period, cpuRtRuntimeUs: runtime } = read;
  if (runtime !== undefined && period !== undefined && runtime > period) {
    refuse('cpuRtRuntime', runtime, `at most cpuRtPeriod, ${period}`);
  }
}

function optional(option: string, value: unknown, min: number, max: number): number | undefined {
  return value === undefined ? undefined : asInteger(option, value, min, max);
}

function readMemory(option: string, value: unknown): number | undefined {
  const bytes = value === undefined ? 0 : parseSize(option, value);
  if (bytes === 0) return undefined;
  return bytes >= MIN_MEMORY ? bytes : refuse(option, value, 'at least 6 MiB, or 0 for no limit');
}

function readSwap(value: unknown): number | undefined {
  const bytes = value === undefined ? 0 : parseSizeOrUnlimited('memorySwap', value);
  return bytes === 0 ? undefined : bytes;
}

function readCpus(value: unknown): number | undefined {
  const nano = value === undefined ? 0 : parseNanoCpus('cpus', value);
  if (nano === 0) return undefined;
  return nano >= 1e7 ? nano : refuse('cpus', value, 'at least 0.01, or 0 for no limit');
}

function readShares(value: unknown): number | undefined {
  if (value === undefined || value === 0) return undefined;
  return asInteger('cpuShares', value, 2, 262_144, 'a whole number from 2 to 262144, or 0');
}

function readQuota(value: unknown): number | undefined {
  if (value === undefined || value === 0) return undefined;
  if (value === -1) return -1;
  return asInteger('cpuQuota', value, 1000, 1e12, 'at least 1000 (1 ms), or -1 for no limit');
}

function readPids(value: unknown): number | undefined {
  if (value === undefined || value === 0 || value === -1) return undefined;
  return asInteger('pidsLimit', value, 1, MAX_PIDS, `1 to ${MAX_PIDS}, or -1 for no limit`);
}

function readSet(option: string, value: unknown): string | undefined {
  if (value === undefined || value === '') return undefined;
  const text = asText(option, value);
  parseIdSet(option, text);
  return text;
}
