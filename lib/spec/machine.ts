// SPDX-License-Identifier: Apache-2.0
// What the machine and this process can do, as far as a configuration depends
// on it. Read once an engine: the object is also the key of its templates.
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { hostname, release } from 'node:os';
import { capabilitiesOfMask } from '../security/capabilities.js';
import { parseIdSet } from '../units.js';
import { RLIM_INFINITY } from './types.js';

export interface MachineFacts {
  readonly kernel: readonly [major: number, minor: number];
  readonly arch: 'x64' | 'arm64';
  /** Whether the engine works in a user namespace, or will. */
  readonly rootless: boolean;
  /** In that namespace, only one user and one group id are mapped. */
  readonly singleId: boolean;
  readonly cgroup: 'v1' | 'v2' | 'hybrid' | 'none';
  /** Those the engine may use, `blkio` or `io` included. */
  readonly controllers: readonly string[];
  /** Whether a limit on swap can be set. */
  readonly swapLimit: boolean;
  /** Capabilities the engine can hand on. */
  readonly capabilities: readonly string[];
  readonly hasSysResource: boolean;
  /** By name, `RLIMIT_NOFILE`. */
  readonly rlimits: Readonly<Record<string, { readonly soft: number; readonly hard: number }>>;
  /** Of this process. */
  readonly oomScoreAdj: number;
  /** Processors and memory nodes that are online, such as `'0-3'`. */
  readonly cpus: string;
  readonly mems: string;
  readonly cpuCount: number;
  /** Security modules that are active, such as `apparmor`. */
  readonly lsm: readonly string[];
  readonly hostname: string;
  readonly hostResolvConf: string;
  readonly hostHosts: string;
}

const CGROUP = '/sys/fs/cgroup';

export function readMachineFacts(): MachineFacts {
  const kernel = readKernel();
  const effective = capabilitiesOfMask(capabilityMask('CapEff'));
  const wholeIds = /^\s*0\s+0\s+4294967295\s*$/.test(read('/proc/self/uid_map'));
  const rootless = !wholeIds || !effective.includes('CAP_SYS_ADMIN');
  const cgroup = readCgroupVersion();
  const cpus = read('/sys/devices/system/cpu/online').trim() || '0';
  const controllers = readControllers(cgroup, rootless);
  // In the user namespace to come the engine has all of them.
  const capabilities = rootless ? capabilitiesOfMask(knownMask()) : effective;
  return {
    kernel,
    arch: process.arch === 'arm64' ? 'arm64' : 'x64',
    rootless,
    singleId: rootless && !hasSubordinateIds(),
    cgroup,
    controllers,
    swapLimit: controllers.includes('memory') && hasSwapLimit(cgroup),
    capabilities,
    hasSysResource: !rootless && effective.includes('CAP_SYS_RESOURCE'),
    rlimits: readLimits(read('/proc/self/limits')),
    oomScoreAdj: Number(read('/proc/self/oom_score_adj')) || 0,
    cpus,
    mems: read('/sys/devices/system/node/online').trim() || '0',
    cpuCount: parseIdSet('cpus', cpus).length,
    lsm: readSecurityModules(),
    hostname: hostname(),
    hostResolvConf: read('/etc/resolv.conf'),
    hostHosts: read('/etc/hosts'),
  };
}

// Each of these files may be absent on some kernel; an empty text is then the fact.
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readKernel(): [number, number] {
  const [major, minor] = release().split('.');
  return [Number(major), Number.parseInt(minor ?? '0', 10)];
}

function capabilityMask(field: string): bigint {
  const match = new RegExp(`^${field}:\\s*([0-9a-f]+)`, 'm').exec(read('/proc/self/status'));
  return BigInt(`0x${match?.[1] ?? '0'}`);
}

function knownMask(): bigint {
  return (1n << BigInt(Number(read('/proc/sys/kernel/cap_last_cap')) + 1)) - 1n;
}

function readCgroupVersion(): MachineFacts['cgroup'] {
  if (existsSync(`${CGROUP}/cgroup.controllers`)) return 'v2';
  if (v1Controllers().length === 0) return 'none';
  return existsSync(`${CGROUP}/unified/cgroup.controllers`) ? 'hybrid' : 'v1';
}

function readControllers(cgroup: MachineFacts['cgroup'], rootless: boolean): readonly string[] {
  if (cgroup === 'none' || (rootless && cgroup !== 'v2')) return [];
  if (cgroup !== 'v2') return v1Controllers();
  const own = rootless ? (/^0::(.*)$/m.exec(read('/proc/self/cgroup'))?.[1] ?? '') : '';
  if (rootless && !canWrite(`${CGROUP}${own}`)) return [];
  return words(read(`${CGROUP}${own}/cgroup.controllers`));
}

function v1Controllers(): readonly string[] {
  const mounted = read('/proc/self/mountinfo')
    .split('\n')
    .map((line) => line.split(' - ')[1]?.split(' ') ?? [])
    .filter(([type]) => type === 'cgroup')
    .flatMap((fields) => fields[2]?.split(',') ?? []);
  return mounted.filter((name) => name !== 'rw' && name !== 'ro' && !name.includes('='));
}

function hasSwapLimit(cgroup: MachineFacts['cgroup']): boolean {
  if (cgroup !== 'v2') return existsSync(`${CGROUP}/memory/memory.memsw.limit_in_bytes`);
  // The root of v2 has no limits of its own, but each group below has.
  const groups = readdirSync(CGROUP, { withFileTypes: true }).filter((item) => item.isDirectory());
  return groups.some(({ name }) => existsSync(`${CGROUP}/${name}/memory.swap.max`));
}

function hasSubordinateIds(): boolean {
  const found = ['/usr/bin', '/usr/sbin', '/bin'].some((dir) => existsSync(`${dir}/newuidmap`));
  const uid = String(process.getuid?.() ?? 0);
  const name = new RegExp(`^([^:]*):[^:]*:${uid}:`, 'm').exec(read('/etc/passwd'))?.[1];
  const owners = (path: string) =>
    read(path)
      .split('\n')
      .map((line) => line.split(':')[0]);
  const listed = (path: string) => owners(path).some((owner) => owner === uid || owner === name);
  return found && listed('/etc/subuid') && listed('/etc/subgid');
}

const LIMIT_LINES: Readonly<Record<string, string>> = {
  'Max cpu time': 'CPU',
  'Max file size': 'FSIZE',
  'Max data size': 'DATA',
  'Max stack size': 'STACK',
  'Max core file size': 'CORE',
  'Max resident set': 'RSS',
  'Max processes': 'NPROC',
  'Max open files': 'NOFILE',
  'Max locked memory': 'MEMLOCK',
  'Max file locks': 'LOCKS',
  'Max pending signals': 'SIGPENDING',
  'Max msgqueue size': 'MSGQUEUE',
  'Max nice priority': 'NICE',
  'Max realtime priority': 'RTPRIO',
  'Max realtime timeout': 'RTTIME',
};

function readLimits(text: string): MachineFacts['rlimits'] {
  const limits: Record<string, { soft: number; hard: number }> = {};
  for (const line of text.split('\n')) {
    const match = /^(Max [a-z ]*?) {2,}(\S+) +(\S+)/.exec(line);
    const name = LIMIT_LINES[match?.[1] ?? ''];
    if (name === undefined || match === null) continue;
    limits[`RLIMIT_${name}`] = { soft: limitOf(match[2]), hard: limitOf(match[3]) };
  }
  return limits;
}

function limitOf(text: string | undefined): number {
  return text === 'unlimited' ? RLIM_INFINITY : Number(text);
}

// securityfs, which lists them, is often not mounted.
function readSecurityModules(): readonly string[] {
  const listed = read('/sys/kernel/security/lsm').trim();
  if (listed !== '') return listed.split(',');
  const apparmor = read('/sys/module/apparmor/parameters/enabled').startsWith('Y');
  const selinux = existsSync('/sys/fs/selinux/enforce');
  return [...(apparmor ? ['apparmor'] : []), ...(selinux ? ['selinux'] : [])];
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter(Boolean);
}
