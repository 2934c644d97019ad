// SPDX-License-Identifier: Apache-2.0
// The parts of a configuration that are the same for most containers of a
// machine. Made once and shared, so that a usual container copies none of them.
import { DEFAULT_CAPABILITIES } from '../security/capabilities.js';
import { maskedPaths } from '../security/paths.js';
import { usualResolvConf } from './etc-files.js';
import type { MachineFacts } from './machine.js';
import { DEFAULT_SHM_SIZE, systemMounts } from './mounts.js';
import { buildNamespaces } from './namespaces.js';
import { defaultRlimits } from './rlimits.js';
import { capabilitySets, type FilterCache, usualSysctls } from './security.js';
import type { LinuxCapabilities, LinuxNamespace, Mount, PosixRlimit } from './types.js';

export interface Templates {
  readonly capabilityNames: readonly string[];
  readonly capabilities: LinuxCapabilities;
  readonly mounts: readonly Mount[];
  readonly namespaces: readonly LinuxNamespace[];
  readonly maskedPaths: readonly string[];
  readonly rlimits: readonly PosixRlimit[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly resolvConf: string;
  readonly filters: FilterCache;
}

const made = new WeakMap<MachineFacts, Templates>();

export function templatesOf(machine: MachineFacts): Templates {
  const known = made.get(machine);
  if (known !== undefined) return known;
  const templates = make(machine);
  made.set(machine, templates);
  return templates;
}

function make(machine: MachineFacts): Templates {
  const names = DEFAULT_CAPABILITIES.filter((name) => machine.capabilities.includes(name));
  const own = { mode: 'private' } as const;
  const choice = {
    ipc: own,
    pid: own,
    uts: own,
    cgroupns: undefined,
    network: 'none',
    privileged: false,
    writableCgroups: false,
    shmSizeBytes: DEFAULT_SHM_SIZE,
    userns: undefined,
  } as const;
  return {
    capabilityNames: names,
    capabilities: capabilitySets(names),
    mounts: systemMounts(choice, machine, []),
    namespaces: buildNamespaces(choice, machine, undefined),
    maskedPaths: maskedPaths(machine.cpuCount),
    rlimits: defaultRlimits(machine),
    sysctls: usualSysctls(machine),
    resolvConf: usualResolvConf(machine.hostResolvConf),
    filters: new Map(),
  };
}
