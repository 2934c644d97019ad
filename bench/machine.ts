// SPDX-License-Identifier: Apache-2.0
// Facts of the machine that a figure means nothing without.
import { existsSync, readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

export interface Machine {
  kernel: string;
  cpu: string;
  cpus: number;
  memoryMiB: number;
  cgroup: 'v1' | 'v2' | 'hybrid';
  mounts: number;
  consoleLogLevel: number;
  load: number;
  node: string;
}

const lines = (path: string): string[] => readFileSync(path, 'utf8').trim().split('\n');

export function cgroupMode(): Machine['cgroup'] {
  if (existsSync('/sys/fs/cgroup/cgroup.controllers')) return 'v2';
  const types = lines('/proc/self/mounts').map((line) => line.split(' ')[2]);
  return types.includes('cgroup2') ? 'hybrid' : 'v1';
}

export function readMachine(): Machine {
  return {
    kernel: release(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cpus: cpus().length,
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    cgroup: cgroupMode(),
    mounts: lines('/proc/self/mountinfo').length,
    consoleLogLevel: Number(lines('/proc/sys/kernel/printk')[0]?.split('\t')[0]),
    load: loadavg()[0] ?? 0,
    node: process.version,
  };
}

/** Seconds all processors have worked since boot, for anybody: kernel threads too. */
export function busyCpuSeconds(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (lines('/proc/stat')[0] ?? '')
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq) / 100;
}

export function describeMachine(machine: Machine): string {
  const {
    kernel,
    cpu,
    cpus: count,
    memoryMiB,
    cgroup,
    mounts,
    consoleLogLevel,
    load,
    node,
  } = machine;
  return [
    `Linux ${kernel}, ${count} x ${cpu}, ${memoryMiB} MiB, Node ${node}`,
    `cgroup ${cgroup}, ${mounts} mounts, console log level ${consoleLogLevel}, load ${load.toFixed(2)}`,
  ].join('\n');
}
