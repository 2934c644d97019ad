// SPDX-License-Identifier: Apache-2.0
// Rights of a container: capabilities, system call filter, profiles, hidden
// paths and kernel settings.

import { refuse } from '../check.js';
import type { NormalisedOptions } from '../container/options.js';
import { defaultSeccompProfile, resolveSeccompProfile } from '../security/seccomp-profile.js';
import { sysctlNamespace } from '../security/sysctls.js';
import type { MachineFacts } from './machine.js';
import { inUserNamespace } from './mounts.js';
import type { LinuxCapabilities, LinuxSeccomp, Process } from './types.js';

const NONE: readonly string[] = [];

/**
 * Nothing is inheritable or ambient: programs with file capabilities would gain them again.
 * For any user but root the effective and permitted sets are empty too, which is known only
 * when the user has been looked up.
 */
export function capabilitySets(names: readonly string[]): LinuxCapabilities {
  return { bounding: names, effective: names, permitted: names, inheritable: NONE, ambient: NONE };
}

/** Whether its rights reach into other processes (capabilities(7), CAP_SYS_PTRACE). */
export function mayTrace(process: Process | undefined): boolean {
  return process?.capabilities?.bounding?.includes('CAP_SYS_PTRACE') ?? true;
}

/** Built-in filters by machine and capabilities, so that one object stands for one filter. */
export type FilterCache = Map<string, LinuxSeccomp>;

export function buildSeccomp(
  options: NormalisedOptions,
  machine: MachineFacts,
  capabilities: readonly string[],
  cache: FilterCache,
): LinuxSeccomp | null {
  const { seccomp, privileged } = options;
  if (seccomp === 'unconfined' || (seccomp === 'default' && privileged)) return null;
  const { arch, kernel } = machine;
  const context = { capabilities, arch, kernel };
  if (typeof seccomp === 'object') return resolveSeccompProfile(seccomp.profile, context);
  const key = capabilities.join();
  const filter = cache.get(key) ?? defaultSeccompProfile(context);
  cache.set(key, filter);
  return filter;
}

/** Undefined: none is set, as no profile is brought along. */
export function buildApparmor(
  options: NormalisedOptions,
  machine: MachineFacts,
): string | undefined {
  const { apparmor } = options;
  if (apparmor === undefined || apparmor === 'unconfined') return undefined;
  if (machine.lsm.includes('apparmor')) return apparmor;
  const hint = 'AppArmor is not active on this machine';
  return refuse('securityOpt', `apparmor=${apparmor}`, "'apparmor=unconfined'", hint);
}

/** What network namespaces of containers have set: low ports and ping need no rights there. */
export function usualSysctls(machine: MachineFacts): Readonly<Record<string, string>> {
  return networkSysctls(machine.rootless);
}

export function buildSysctls(
  options: NormalisedOptions,
  machine: MachineFacts,
): Readonly<Record<string, string>> {
  checkSysctls(options);
  const usual = options.network === 'host' ? {} : networkSysctls(inUserNamespace(options, machine));
  return { ...usual, ...options.sysctls };
}

// The range names group ids, all of which a user namespace need not have.
function networkSysctls(userNamespace: boolean): Record<string, string> {
  const ports = { 'net.ipv4.ip_unprivileged_port_start': '0' };
  return userNamespace ? ports : { ...ports, 'net.ipv4.ping_group_range': '0 2147483647' };
}

function checkSysctls(options: NormalisedOptions): void {
  for (const [name, value] of Object.entries(options.sysctls)) {
    const host = sysctlNamespace(name) === 'ipc' ? options.ipc.mode : options.network;
    if (host !== 'host') continue;
    const hint = 'it would change the whole machine';
    refuse(`sysctls.${name}`, value, 'a setting of a namespace of its own', hint);
  }
}
