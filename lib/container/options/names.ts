// SPDX-License-Identifier: Apache-2.0
// The names of all options, and what to say to somebody who wrote another.
import { nearest } from '../../nearest.js';
import type { ContainerOptions } from '../options.js';
import type { ExecOptions } from './exec.js';
import type { StdioOptions } from './stdio.js';

// Records, so that an option without its name here does not compile.
const stdio: Readonly<Record<keyof StdioOptions, true>> = {
  stdin: true,
  stdout: true,
  stderr: true,
  tty: true,
  consoleSize: true,
  maxBuffer: true,
};

const container: Readonly<Record<keyof ContainerOptions, true>> = {
  image: true,
  name: true,
  hostname: true,
  domainname: true,
  labels: true,
  annotations: true,
  command: true,
  entrypoint: true,
  env: true,
  envFile: true,
  workdir: true,
  user: true,
  groupAdd: true,
  init: true,
  ...stdio,
  memory: true,
  memoryReservation: true,
  memorySwap: true,
  memorySwappiness: true,
  kernelMemory: true,
  oomKillDisable: true,
  oomScoreAdj: true,
  cpus: true,
  cpuShares: true,
  cpuPeriod: true,
  cpuQuota: true,
  cpuRtPeriod: true,
  cpuRtRuntime: true,
  cpusetCpus: true,
  cpusetMems: true,
  pidsLimit: true,
  blkioWeight: true,
  blkioWeightDevice: true,
  deviceReadBps: true,
  deviceWriteBps: true,
  deviceReadIops: true,
  deviceWriteIops: true,
  ulimits: true,
  mounts: true,
  volumes: true,
  tmpfs: true,
  shmSize: true,
  readOnly: true,
  devices: true,
  deviceCgroupRules: true,
  capAdd: true,
  capDrop: true,
  privileged: true,
  securityOpt: true,
  sysctls: true,
  usernsMode: true,
  uidMappings: true,
  gidMappings: true,
  ipc: true,
  pid: true,
  uts: true,
  cgroupns: true,
  network: true,
  addHost: true,
  dns: true,
  dnsSearch: true,
  dnsOption: true,
  stopSignal: true,
  stopTimeout: true,
  autoRemove: true,
  lifetime: true,
  cgroupParent: true,
  signal: true,
  timeoutMs: true,
  engine: true,
};

const exec: Readonly<Record<keyof ExecOptions, true>> = {
  command: true,
  env: true,
  workdir: true,
  user: true,
  privileged: true,
  capAdd: true,
  ...stdio,
  signal: true,
  timeoutMs: true,
};

export const CONTAINER_NAMES: ReadonlySet<string> = new Set(Object.keys(container));
export const EXEC_NAMES: ReadonlySet<string> = new Set(Object.keys(exec));

// What Docker, Compose and node:child_process call the same thing.
const OTHER_WORDS: Readonly<Record<string, string>> = {
  abortSignal: 'signal',
  args: 'command',
  cgroup: 'cgroupns',
  cmd: 'command',
  cwd: 'workdir',
  device: 'devices',
  environment: 'env',
  extraHosts: 'addHost',
  interactive: 'stdin',
  ipcMode: 'ipc',
  label: 'labels',
  memLimit: 'memory',
  memReservation: 'memoryReservation',
  memSwappiness: 'memorySwappiness',
  memswapLimit: 'memorySwap',
  mount: 'mounts',
  networkMode: 'network',
  pidMode: 'pid',
  readonly: 'readOnly',
  rm: 'autoRemove',
  stopGracePeriod: 'stopTimeout',
  sysctl: 'sysctls',
  timeout: 'timeoutMs',
  ulimit: 'ulimits',
  userns: 'usernsMode',
  utsMode: 'uts',
  volume: 'volumes',
  workingDir: 'workdir',
};

const LATER = new Set([
  'expose',
  'gpus',
  'healthCmd',
  'healthcheck',
  'ip',
  'ip6',
  'link',
  'links',
  'logDriver',
  'logOpt',
  'macAddress',
  'networkAlias',
  'networks',
  'platform',
  'ports',
  'publish',
  'publishAll',
  'pull',
  'restart',
  'runtime',
  'storageOpt',
  'volumeDriver',
  'volumesFrom',
]);

/** The nearest known name, if one is near enough to be what was meant. */
export function hintFor(name: string, known: ReadonlySet<string>): string | undefined {
  const camel = name
    .replace(/^-+/, '')
    .replace(/[-_]+([a-zA-Z0-9])/g, (_, c: string) => c.toUpperCase());
  if (LATER.has(camel)) return `${camel} is not available yet`;
  const other = Object.hasOwn(OTHER_WORDS, camel) ? OTHER_WORDS[camel] : undefined;
  const meant = other !== undefined && known.has(other) ? other : nearest(camel, known);
  return meant === undefined ? undefined : `did you mean ${meant}?`;
}
