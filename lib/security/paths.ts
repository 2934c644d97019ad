// SPDX-License-Identifier: Apache-2.0
// Paths below /proc and /sys that a container must not read or write.

const MASKED = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
];

/** Visible but not writable. */
export const READONLY_PATHS: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];

/**
 * Hidden: hardware, keys and timers of the machine. Each processor has its
 * thermal counters, from which another container's load can be read.
 */
export function maskedPaths(cpuCount: number): readonly string[] {
  const thermal = Array.from(
    { length: cpuCount },
    (_, cpu) => `/sys/devices/system/cpu/cpu${cpu}/thermal_throttle`,
  );
  return [...MASKED, ...thermal];
}
