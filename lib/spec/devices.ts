// SPDX-License-Identifier: Apache-2.0
// Devices of a container, and which of them its cgroup allows.

import { refuse } from '../check.js';
import type { NormalisedOptions } from '../container/options.js';
import { allHostDevices, hostDevices } from './host-device.js';
import type { MachineFacts } from './machine.js';
import type { LinuxDevice, LinuxDeviceCgroup, Mount } from './types.js';

/**
 * Nothing but the default devices can be opened. Nodes of any number may be made, as
 * archives hold some, but a made node cannot be opened either.
 */
export const DEFAULT_RULES: readonly LinuxDeviceCgroup[] = [
  { allow: false, access: 'rwm' },
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  allow(1, 3), // null
  allow(1, 5), // zero
  allow(1, 7), // full
  allow(1, 8), // random
  allow(1, 9), // urandom
  allow(5, 0), // tty
  allow(5, 1), // console
  allow(5, 2), // ptmx
  { allow: true, type: 'c', major: 136, access: 'rwm' }, // pts
];

const EVERY_RULE: readonly LinuxDeviceCgroup[] = [{ allow: true, access: 'rwm' }];

export interface BuiltDevices {
  devices: readonly LinuxDevice[];
  rules: readonly LinuxDeviceCgroup[];
  mounts: readonly Mount[];
}

/** What a container has without asking; the default nodes are the runtime's to make. */
export const DEFAULT_DEVICES: BuiltDevices = { devices: [], rules: DEFAULT_RULES, mounts: [] };

/**
 * Devices and rules of the options. `bound`: no node can be made in a user namespace, so the
 * host's own are mounted in place.
 */
export function buildDevices(
  options: NormalisedOptions,
  machine: MachineFacts,
  bound: boolean,
): BuiltDevices {
  const rules: LinuxDeviceCgroup[] = [...DEFAULT_RULES];
  const devices = new Map<string, LinuxDevice>();
  const mounts = new Map<string, Mount>();
  const add = (device: LinuxDevice, source: string, access: string) => {
    if (bound) mounts.set(device.path, bind(source, device.path, access));
    else devices.set(device.path, device);
  };
  if (options.privileged) for (const device of allHostDevices()) add(device, device.path, 'rwm');
  for (const { option, hostPath, containerPath, permissions } of options.devices) {
    for (const device of hostDevices(option, hostPath, containerPath)) {
      add(device, hostPath + device.path.slice(containerPath.length), permissions);
      rules.push(rule(device, permissions));
    }
  }
  if (machine.rootless) checkRules(options);
  rules.push(...options.deviceCgroupRules);
  return {
    devices: [...devices.values()],
    rules: options.privileged ? EVERY_RULE : rules,
    mounts: [...mounts.values()],
  };
}

function checkRules(options: NormalisedOptions): void {
  if (options.deviceCgroupRules.length === 0) return;
  const hint = 'without root no device can be made or allowed; use devices';
  refuse('deviceCgroupRules', options.deviceCgroupRules, 'no rules without root', hint);
}

function bind(source: string, destination: string, access: string): Mount {
  const options = ['bind', 'nosuid', 'noexec', ...(access.includes('w') ? [] : ['ro'])];
  return { destination, type: 'bind', source, options };
}

function rule(device: LinuxDevice, access: string): LinuxDeviceCgroup {
  const { type, major = 0, minor = 0 } = device;
  return { allow: true, type: type === 'b' ? 'b' : 'c', major, minor, access };
}

function allow(major: number, minor: number): LinuxDeviceCgroup {
  return { allow: true, type: 'c', major, minor, access: 'rwm' };
}
