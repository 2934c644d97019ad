// SPDX-License-Identifier: Apache-2.0
// A user's filter profile: Docker's form, whose rules may depend on capabilities,
// machine and kernel, or the OCI form. The result is the OCI form.
import { constants } from 'node:os';
import type {
  LinuxSeccomp,
  LinuxSeccompArg,
  LinuxSyscall,
  SeccompAction,
  SeccompOperator,
} from '../spec/seccomp-types.js';
import { isOlder, type SeccompContext } from './seccomp-context.js';
import { Fields } from './seccomp-fields.js';

const ACTIONS: readonly SeccompAction[] = [
  'SCMP_ACT_KILL',
  'SCMP_ACT_KILL_PROCESS',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_TRAP',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_TRACE',
  'SCMP_ACT_ALLOW',
  'SCMP_ACT_LOG',
  'SCMP_ACT_NOTIFY',
];

const OPERATORS: readonly SeccompOperator[] = [
  'SCMP_CMP_NE',
  'SCMP_CMP_LT',
  'SCMP_CMP_LE',
  'SCMP_CMP_EQ',
  'SCMP_CMP_GE',
  'SCMP_CMP_GT',
  'SCMP_CMP_MASKED_EQ',
];

const ABIS = [
  ...['X86', 'X86_64', 'X32', 'ARM', 'AARCH64', 'LOONGARCH64', 'M68K', 'MIPS', 'MIPS64'],
  ...['MIPS64N32', 'MIPSEL', 'MIPSEL64', 'MIPSEL64N32', 'PARISC', 'PARISC64', 'PPC', 'PPC64'],
  ...['PPC64LE', 'RISCV64', 'S390', 'S390X', 'SH', 'SHEB'],
].map((name) => `SCMP_ARCH_${name}`);

const FLAGS = ['TSYNC', 'LOG', 'SPEC_ALLOW', 'WAIT_KILLABLE_RECV'].map(
  (name) => `SECCOMP_FILTER_FLAG_${name}`,
);

const PROFILE_FIELDS = [
  ...['defaultAction', 'defaultErrnoRet', 'defaultErrno', 'architectures', 'archMap'],
  ...['flags', 'listenerPath', 'listenerMetadata', 'syscalls'],
];
const RULE_FIELDS = [
  'name',
  'names',
  'action',
  'errnoRet',
  'errno',
  'args',
  'includes',
  'excludes',
];
const FILTER_FIELDS = ['caps', 'arches', 'minKernel'];

// In the words of Go, as Docker's profiles have them.
const GO_ARCH = { x64: 'amd64', arm64: 'arm64' } as const;
const NATIVE = { x64: 'SCMP_ARCH_X86_64', arm64: 'SCMP_ARCH_AARCH64' } as const;

const MAX_ERRNO = 4095;

/**
 * Turns a profile into the filter for one container. Throws InvalidArgumentError, which names
 * the field, for whatever it does not know.
 */
export function resolveSeccompProfile(profile: unknown, context: SeccompContext): LinuxSeccomp {
  const fields = new Fields('seccomp', profile, PROFILE_FIELDS);
  const defaultAction = readDefaultAction(fields);
  const defaultErrnoRet = readErrno(fields, 'defaultErrno', defaultAction);
  const architectures = readArchitectures(fields, context);
  const flags = fields.choices('flags', FLAGS);
  const rules = fields.list('syscalls', (value, path) => readRule(value, path, context));
  return {
    defaultAction,
    ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }),
    ...(architectures.length === 0 ? {} : { architectures }),
    ...(flags.length === 0 ? {} : { flags }),
    ...readListener(fields),
    syscalls: rules.filter((rule) => rule !== undefined),
  };
}

function readDefaultAction(fields: Fields): SeccompAction {
  const action = fields.choice('defaultAction', ACTIONS);
  if (action === 'SCMP_ACT_NOTIFY') fields.refuse('defaultAction', 'an action other than this one');
  return action;
}

function readListener(fields: Fields): Pick<LinuxSeccomp, 'listenerPath' | 'listenerMetadata'> {
  const listenerPath = fields.text('listenerPath');
  const listenerMetadata = fields.text('listenerMetadata');
  if (listenerPath === undefined && listenerMetadata !== undefined) {
    fields.refuse('listenerMetadata', 'nothing without listenerPath');
  }
  return {
    ...(listenerPath === undefined ? {} : { listenerPath }),
    ...(listenerMetadata === undefined ? {} : { listenerMetadata }),
  };
}

// A number, or the name that other tools write beside it, which then decides.
function readErrno(fields: Fields, key: string, action: SeccompAction): number | undefined {
  const number = fields.integer(`${key}Ret`, action === 'SCMP_ACT_TRACE' ? 0xffff : MAX_ERRNO);
  const name = fields.text(key);
  if (action !== 'SCMP_ACT_ERRNO' && action !== 'SCMP_ACT_TRACE') {
    const given = number !== undefined ? `${key}Ret` : name ? key : undefined;
    if (given) fields.refuse(given, 'nothing except with SCMP_ACT_ERRNO or SCMP_ACT_TRACE');
    return undefined;
  }
  if (!name) return number;
  const known: Record<string, number> = constants.errno;
  return known[name] ?? fields.refuse(key, "the name of an errno, such as 'EPERM'");
}

function readArchitectures(fields: Fields, { arch }: SeccompContext): readonly string[] {
  const listed = fields.choices('architectures', ABIS);
  const map = fields.list('archMap', (value, path) => {
    const entry = new Fields(path, value, ['architecture', 'subArchitectures']);
    const architecture = entry.choice('architecture', ABIS);
    return { architecture, subArchitectures: entry.choices('subArchitectures', ABIS) };
  });
  if (listed.length > 0 && map.length > 0) {
    fields.refuse('architectures', 'either architectures or archMap');
  }
  const native = map.find(({ architecture }) => architecture === NATIVE[arch]);
  return native ? [native.architecture, ...native.subArchitectures] : listed;
}

function readRule(value: unknown, path: string, context: SeccompContext): LinuxSyscall | undefined {
  const fields = new Fields(path, value, RULE_FIELDS);
  const names = readNames(fields);
  const action = fields.choice('action', ACTIONS);
  if (action === 'SCMP_ACT_NOTIFY' && names.includes('write')) {
    fields.refuse('names', 'no write with SCMP_ACT_NOTIFY', 'the listener is sent with write');
  }
  const errnoRet = readErrno(fields, 'errno', action);
  const args = fields.list('args', readArgument);
  if (!isIncluded(fields, context) || isExcluded(fields, context)) return undefined;
  return {
    names,
    action,
    ...(errnoRet === undefined ? {} : { errnoRet }),
    ...(args.length === 0 ? {} : { args }),
  };
}

function readNames(fields: Fields): readonly string[] {
  const name = fields.text('name');
  const names = fields.texts('names');
  if (name && names.length > 0) fields.refuse('name', 'either name or names');
  if (name) return [name];
  return names.length > 0 ? names : fields.refuse('names', 'at least one system call');
}

function readArgument(value: unknown, path: string): LinuxSeccompArg {
  const fields = new Fields(path, value, ['index', 'value', 'valueTwo', 'op']);
  const op = fields.choice('op', OPERATORS);
  const index = fields.integer('index', 5) ?? fields.refuse('index', 'a whole number from 0 to 5');
  const first = fields.integer('value') ?? fields.refuse('value', 'a whole number');
  const valueTwo = fields.integer('valueTwo');
  return { index, value: first, ...(valueTwo === undefined ? {} : { valueTwo }), op };
}

function readFilter(rule: Fields, key: string) {
  const fields = rule.child(key, FILTER_FIELDS);
  const caps = fields.texts('caps');
  return { caps, arches: fields.texts('arches'), minKernel: readKernel(fields) };
}

function readKernel(fields: Fields): readonly [number, number] | undefined {
  const text = fields.text('minKernel');
  if (!text) return undefined;
  const [, major, minor] =
    /^(\d+)\.(\d+)$/.exec(text) ?? fields.refuse('minKernel', "such as '4.8'");
  return [Number(major), Number(minor)];
}

function isIncluded(rule: Fields, context: SeccompContext): boolean {
  const { caps, arches, minKernel } = readFilter(rule, 'includes');
  if (arches.length > 0 && !arches.includes(GO_ARCH[context.arch])) return false;
  if (minKernel && isOlder(context.kernel, minKernel)) return false;
  return caps.every((name) => context.capabilities.includes(name));
}

function isExcluded(rule: Fields, context: SeccompContext): boolean {
  const { caps, arches, minKernel } = readFilter(rule, 'excludes');
  if (arches.includes(GO_ARCH[context.arch])) return true;
  if (minKernel && !isOlder(context.kernel, minKernel)) return true;
  return caps.some((name) => context.capabilities.includes(name));
}
