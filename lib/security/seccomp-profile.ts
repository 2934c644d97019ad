// SPDX-License-Identifier: Apache-2.0
// The built-in system call filter: what is not named is refused with EPERM.
import { constants } from 'node:os';
import type { LinuxSeccomp, LinuxSeccompArg, LinuxSyscall } from '../spec/seccomp-types.js';
import { isOlder, type SeccompContext } from './seccomp-context.js';
import { ALWAYS_ALLOWED, CAPABILITY_CALLS, MACHINE_CALLS, TRACING } from './seccomp-groups.js';

export type { SeccompContext } from './seccomp-context.js';
export { resolveSeccompProfile } from './seccomp-resolve.js';

/** The ABIs that the kernel of each machine runs, its own first. */
export const ARCHITECTURES: Readonly<Record<SeccompContext['arch'], readonly string[]>> = {
  x64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
};

// The two address families refused: AF_ALG opens the kernel's crypto code to
// anyone, AF_VSOCK reaches the hypervisor past every network namespace.
const AF_ALG = 38;
const AF_VSOCK = 40;

// personality(2): ordinary, with UNAME26 or of 32 bits, both, and asking only.
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

// CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}
const NEW_NAMESPACES = 0x7e020000;

const always = Object.values(ALWAYS_ALLOWED).flat();

/**
 * The filter a container gets unless `securityOpt` says otherwise.
 *
 * @example
 * ```ts
 * const filter = defaultSeccompProfile({ capabilities: [], arch: 'x64', kernel: [6, 18] });
 * ```
 */
export function defaultSeccompProfile(context: SeccompContext): LinuxSeccomp {
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: constants.errno.EPERM,
    architectures: ARCHITECTURES[context.arch],
    syscalls: [
      allow(unconditionalNames(context)),
      ...socketRules(),
      ...PERSONALITIES.map((value) => allow(['personality'], equals(0, value))),
      ...cloneRules(context),
    ],
  };
}

function unconditionalNames(context: SeccompContext): string[] {
  const { capabilities, arch, kernel } = context;
  const names = new Set([...always, ...MACHINE_CALLS[arch]]);
  if (!isOlder(kernel, [4, 8])) for (const name of TRACING) names.add(name);
  for (const capability of capabilities) {
    for (const name of CAPABILITY_CALLS[capability] ?? []) names.add(name);
  }
  return [...names].sort();
}

function socketRules(): LinuxSyscall[] {
  return [
    allow(['socket'], { index: 0, value: AF_ALG, op: 'SCMP_CMP_LT' }),
    allow(['socket'], equals(0, AF_ALG + 1)),
    allow(['socket'], { index: 0, value: AF_VSOCK, op: 'SCMP_CMP_GT' }),
  ];
}

// The flags of clone3 are in memory, out of a filter's sight. ENOSYS sends libc
// back to clone, whose flags are an argument.
function cloneRules({ capabilities }: SeccompContext): LinuxSyscall[] {
  if (capabilities.includes('CAP_SYS_ADMIN')) return [];
  const noNamespaces: LinuxSeccompArg = {
    index: 0,
    value: NEW_NAMESPACES,
    valueTwo: 0,
    op: 'SCMP_CMP_MASKED_EQ',
  };
  return [
    allow(['clone'], noNamespaces),
    { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: constants.errno.ENOSYS },
  ];
}

function allow(names: readonly string[], ...args: LinuxSeccompArg[]): LinuxSyscall {
  return args.length === 0
    ? { names, action: 'SCMP_ACT_ALLOW' }
    : { names, action: 'SCMP_ACT_ALLOW', args };
}

function equals(index: number, value: number): LinuxSeccompArg {
  return { index, value, op: 'SCMP_CMP_EQ' };
}
