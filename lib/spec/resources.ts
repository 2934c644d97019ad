// SPDX-License-Identifier: Apache-2.0
// Limits of the cgroup. What was asked for and is not possible here is an
// error; what only cgroup v1 knows is left out with a warning, as Docker does.

import { refuse } from '../check.js';
import type { DeviceValue } from '../container/options/block-io.js';
import type { NormalisedOptions } from '../container/options.js';
import { parseIdSet } from '../units.js';
import { blockDevice } from './host-device.js';
import type { MachineFacts } from './machine.js';
import type {
  LinuxBlockIo,
  LinuxCpu,
  LinuxDeviceCgroup,
  LinuxMemory,
  LinuxResources,
  LinuxThrottleDevice,
} from './types.js';

const CPU_PERIOD_US = 100_000;

export function buildResources(
  options: NormalisedOptions,
  machine: MachineFacts,
  rules: readonly LinuxDeviceCgroup[],
  warnings: string[],
): LinuxResources {
  const resources: LinuxResources = {};
  // Without root neither version lets devices be ruled; the user namespace does it.
  if (!machine.rootless) resources.devices = rules;
  const memory = buildMemory(options, machine, warnings);
  if (memory !== undefined) resources.memory = memory;
  const cpu = buildCpu(options, machine, warnings);
  if (cpu !== undefined) resources.cpu = cpu;
  if (options.pidsLimit !== undefined) {
    need(machine, 'pids', 'pidsLimit', options.pidsLimit);
    resources.pids = { limit: options.pidsLimit };
  }
  const blockIO = buildBlockIo(options, machine);
  if (blockIO !== undefined) resources.blockIO = blockIO;
  return resources;
}

function buildMemory(
  options: NormalisedOptions,
  machine: MachineFacts,
  warnings: string[],
): LinuxMemory | undefined {
  const memory: LinuxMemory = {};
  const { memoryBytes, memoryReservationBytes } = options;
  if (memoryBytes !== undefined) {
    need(machine, 'memory', 'memory', memoryBytes);
    memory.limit = memoryBytes;
  }
  if (memoryReservationBytes !== undefined) {
    need(machine, 'memory', 'memoryReservation', memoryReservationBytes);
    memory.reservation = memoryReservationBytes;
  }
  const swap = swapBytes(options, machine);
  if (swap !== undefined) memory.swap = swap;
  addVersion1Memory(options, machine, memory, warnings);
  return orNothing(memory);
}

function swapBytes(options: NormalisedOptions, machine: MachineFacts): number | undefined {
  const { memorySwapBytes: asked, memoryBytes: memory } = options;
  if (asked === undefined) {
    return memory !== undefined && machine.swapLimit ? memory * 2 : undefined;
  }
  need(machine, 'memory', 'memorySwap', asked);
  if (machine.swapLimit) return asked;
  return refuse('memorySwap', asked, 'a kernel that limits swap', 'boot it with swapaccount=1');
}

function addVersion1Memory(
  options: NormalisedOptions,
  machine: MachineFacts,
  memory: LinuxMemory,
  warnings: string[],
): void {
  const { memorySwappiness, kernelMemoryBytes, oomKillDisable } = options;
  if (memorySwappiness !== undefined && onVersion1(machine, 'memorySwappiness', warnings)) {
    need(machine, 'memory', 'memorySwappiness', memorySwappiness);
    memory.swappiness = memorySwappiness;
  }
  if (oomKillDisable && onVersion1(machine, 'oomKillDisable', warnings)) {
    need(machine, 'memory', 'oomKillDisable', true);
    memory.disableOOMKiller = true;
  }
  if (kernelMemoryBytes === undefined || !onVersion1(machine, 'kernelMemory', warnings)) return;
  need(machine, 'memory', 'kernelMemory', kernelMemoryBytes);
  // The file stayed, but since 5.16 a write to it answers ENOTSUPP.
  const [major, minor] = machine.kernel;
  if (major < 5 || (major === 5 && minor < 16)) memory.kernel = kernelMemoryBytes;
  else warnings.push('kernelMemory is without effect: Linux 5.16 took this limit away');
}

function buildCpu(
  options: NormalisedOptions,
  machine: MachineFacts,
  warnings: string[],
): LinuxCpu | undefined {
  const cpu: LinuxCpu = {};
  if (options.nanoCpus !== undefined) {
    checkCpus(options.nanoCpus, machine);
    cpu.period = CPU_PERIOD_US;
    cpu.quota = Math.floor(options.nanoCpus / (1e9 / CPU_PERIOD_US));
  }
  if (options.cpuPeriodUs !== undefined) cpu.period = options.cpuPeriodUs;
  if (options.cpuQuotaUs !== undefined) cpu.quota = options.cpuQuotaUs;
  if (options.cpuShares !== undefined) cpu.shares = options.cpuShares;
  addRealTime(options, machine, cpu, warnings);
  if (orNothing(cpu) !== undefined) needCpu(options, machine);
  addSets(options, machine, cpu);
  return orNothing(cpu);
}

function needCpu(options: NormalisedOptions, machine: MachineFacts): void {
  const { nanoCpus, cpuPeriodUs, cpuQuotaUs, cpuShares, cpuRtPeriodUs, cpuRtRuntimeUs } = options;
  const cpus = nanoCpus === undefined ? undefined : nanoCpus / 1e9;
  const given = { cpus, cpuPeriod: cpuPeriodUs, cpuQuota: cpuQuotaUs, cpuShares };
  const realTime = { cpuRtPeriod: cpuRtPeriodUs, cpuRtRuntime: cpuRtRuntimeUs };
  const all = Object.entries({ ...given, ...realTime });
  const [option, value] = all.find(([, one]) => one !== undefined) ?? ['cpus', undefined];
  need(machine, 'cpu', option, value);
}

function addRealTime(
  options: NormalisedOptions,
  machine: MachineFacts,
  cpu: LinuxCpu,
  warnings: string[],
): void {
  const { cpuRtPeriodUs: period, cpuRtRuntimeUs: runtime } = options;
  if (period !== undefined && onVersion1(machine, 'cpuRtPeriod', warnings)) {
    cpu.realtimePeriod = period;
  }
  if (runtime !== undefined && onVersion1(machine, 'cpuRtRuntime', warnings)) {
    cpu.realtimeRuntime = runtime;
  }
}

function addSets(options: NormalisedOptions, machine: MachineFacts, cpu: LinuxCpu): void {
  const { cpusetCpus, cpusetMems } = options;
  if (cpusetCpus !== undefined) {
    need(machine, 'cpuset', 'cpusetCpus', cpusetCpus);
    checkSet('cpusetCpus', cpusetCpus, machine.cpus);
    cpu.cpus = cpusetCpus;
  }
  if (cpusetMems === undefined) return;
  need(machine, 'cpuset', 'cpusetMems', cpusetMems);
  checkSet('cpusetMems', cpusetMems, machine.mems);
  cpu.mems = cpusetMems;
}

function checkCpus(nanoCpus: number, machine: MachineFacts): void {
  const { cpuCount } = machine;
  if (nanoCpus <= cpuCount * 1e9) return;
  refuse('cpus', nanoCpus / 1e9, `at most ${cpuCount}, the processors of this machine`);
}

function checkSet(option: string, value: string, online: string): void {
  const known = new Set(parseIdSet(option, online));
  if (parseIdSet(option, value).every((id) => known.has(id))) return;
  refuse(option, value, `numbers that the machine has, ${online}`);
}

function buildBlockIo(options: NormalisedOptions, machine: MachineFacts): LinuxBlockIo | undefined {
  const { blkioWeight, blkioWeightDevice } = options;
  const io: LinuxBlockIo = {};
  if (blkioWeight !== undefined) {
    need(machine, 'blkio', 'blkioWeight', blkioWeight);
    io.weight = blkioWeight;
  }
  if (blkioWeightDevice.length > 0) {
    need(machine, 'blkio', 'blkioWeightDevice', blkioWeightDevice);
    io.weightDevice = blkioWeightDevice.map(({ path, value }, index) => ({
      ...blockDevice(`blkioWeightDevice[${index}]`, path),
      weight: value,
    }));
  }
  addThrottle(io, 'throttleReadBpsDevice', 'deviceReadBps', options, machine);
  addThrottle(io, 'throttleWriteBpsDevice', 'deviceWriteBps', options, machine);
  addThrottle(io, 'throttleReadIOPSDevice', 'deviceReadIops', options, machine);
  addThrottle(io, 'throttleWriteIOPSDevice', 'deviceWriteIops', options, machine);
  return orNothing(io);
}

type RateOption = 'deviceReadBps' | 'deviceWriteBps' | 'deviceReadIops' | 'deviceWriteIops';
type RateField = Extract<keyof LinuxBlockIo, `throttle${string}`>;

function addThrottle(
  io: LinuxBlockIo,
  field: RateField,
  option: RateOption,
  options: NormalisedOptions,
  machine: MachineFacts,
): void {
  const rates: readonly DeviceValue[] = options[option];
  if (rates.length === 0) return;
  need(machine, 'blkio', option, rates);
  io[field] = rates.map(
    ({ path, value }, index): LinuxThrottleDevice => ({
      ...blockDevice(`${option}[${index}]`, path),
      rate: value,
    }),
  );
}

function onVersion1(machine: MachineFacts, option: string, warnings: string[]): boolean {
  if (machine.cgroup !== 'v2') return true;
  warnings.push(`${option} is without effect: cgroup v2 has no such setting`);
  return false;
}

function need(machine: MachineFacts, controller: string, option: string, value: unknown): void {
  const names = controller === 'blkio' ? ['blkio', 'io'] : [controller];
  if (names.some((name) => machine.controllers.includes(name))) return;
  refuse(option, value, `the cgroup controller ${controller}`, missing(machine));
}

function missing(machine: MachineFacts): string {
  if (machine.cgroup === 'none') return 'no cgroups are mounted';
  if (!machine.rootless) return `mounted here: ${machine.controllers.join(' ') || 'none'}`;
  return machine.cgroup === 'v2'
    ? 'it is not delegated to this user; systemd does it with Delegate=yes'
    : 'cgroup v1 cannot be used without root; run as root or on cgroup v2';
}

function orNothing<T extends object>(part: T): T | undefined {
  for (const _ in part) return part;
  return undefined;
}
