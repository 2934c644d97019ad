// SPDX-License-Identifier: Apache-2.0
// Capability names, Docker's default set, and how capAdd and capDrop change it.
import { InvalidArgumentError } from '../errors.js';

/** In the order of the kernel's numbers, 0 to 40. */
export const ALL_CAPABILITIES = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_LINUX_IMMUTABLE',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_CHROOT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_PACCT',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_MKNOD',
  'CAP_LEASE',
  'CAP_AUDIT_WRITE',
  'CAP_AUDIT_CONTROL',
  'CAP_SETFCAP',
  'CAP_MAC_OVERRIDE',
  'CAP_MAC_ADMIN',
  'CAP_SYSLOG',
  'CAP_WAKE_ALARM',
  'CAP_BLOCK_SUSPEND',
  'CAP_AUDIT_READ',
  'CAP_PERFMON',
  'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
] as const;

/** What a container's root may do unless options say otherwise: Docker's 14. */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FSETID',
  'CAP_FOWNER',
  'CAP_MKNOD',
  'CAP_NET_RAW',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETFCAP',
  'CAP_SETPCAP',
  'CAP_NET_BIND_SERVICE',
  'CAP_SYS_CHROOT',
  'CAP_KILL',
  'CAP_AUDIT_WRITE',
];

const known: ReadonlySet<string> = new Set(ALL_CAPABILITIES);

/** The complete name, `CAP_NET_ADMIN` for `net_admin`; `'ALL'` stays. */
export function normaliseCapability(option: string, value: unknown): string {
  const upper = typeof value === 'string' ? value.trim().toUpperCase() : '';
  if (upper === 'ALL' || upper === 'CAP_ALL') return 'ALL';
  const name = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  if (known.has(name)) return name;
  const allowed = "'ALL' or a capability such as 'NET_ADMIN' or 'CAP_NET_ADMIN'";
  throw new InvalidArgumentError({ option, given: value, allowed });
}

/** The bits of a mask of /proc/PID/status as names. */
export function capabilitiesOfMask(mask: bigint): readonly string[] {
  return ALL_CAPABILITIES.filter((_, bit) => ((mask >> BigInt(bit)) & 1n) === 1n);
}

export interface CapabilityChange {
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly privileged: boolean;
}

/**
 * The container's capabilities. `available` are those of the engine: the default set is
 * cut down to them, while one that was asked for and is not there is an error. A privileged
 * container has all of them, still without those of `capDrop`.
 */
export function resolveCapabilities(
  change: CapabilityChange,
  available: readonly string[],
): readonly string[] {
  const { capAdd, capDrop, privileged } = change;
  if (capAdd.length === 0 && capDrop.length === 0) return startingSet(privileged, available);
  checkAvailable(capAdd, available);
  const named = capAdd.filter((name) => name !== 'ALL');
  if (capAdd.includes('ALL')) return available.filter((name) => !capDrop.includes(name));
  if (capDrop.includes('ALL')) return [...new Set(named)];
  const kept = startingSet(privileged, available).filter((name) => !capDrop.includes(name));
  return [...new Set([...kept, ...named])];
}

function startingSet(privileged: boolean, available: readonly string[]): readonly string[] {
  return privileged ? available : DEFAULT_CAPABILITIES.filter((name) => available.includes(name));
}

function checkAvailable(capAdd: readonly string[], available: readonly string[]): void {
  const missing = capAdd.find((name) => name !== 'ALL' && !available.includes(name));
  if (missing === undefined) return;
  throw new InvalidArgumentError({
    option: 'capAdd',
    given: missing,
    allowed: 'a capability that this process may hand on',
    hint: `available here: ${available.join(' ') || 'none'}`,
  });
}
