// SPDX-License-Identifier: Apache-2.0
// The OCI runtime-spec configuration (version 1.2, Linux) as types: what
// buildSpec() makes and the native core reads. Names are those of its text.
import type { LinuxSeccomp } from './seccomp-types.js';

export type { LinuxSeccomp } from './seccomp-types.js';

/** The version of the runtime-spec that {@link Spec} follows. */
export const OCI_VERSION = '1.2.0';

/**
 * RLIM_INFINITY, 2^64 - 1. A number can only hold 2^64, so `stringifySpec`
 * writes the exact digits.
 */
export const RLIM_INFINITY = 2 ** 64;

export interface Spec {
  ociVersion: string;
  process?: Process;
  root?: Root;
  hostname?: string;
  domainname?: string;
  mounts?: readonly Mount[];
  hooks?: Hooks;
  annotations?: Readonly<Record<string, string>>;
  linux?: Linux;
}

export interface Process {
  terminal?: boolean;
  consoleSize?: ConsoleSize;
  user: User;
  args?: readonly string[];
  env?: readonly string[];
  cwd: string;
  capabilities?: LinuxCapabilities;
  rlimits?: readonly PosixRlimit[];
  noNewPrivileges?: boolean;
  apparmorProfile?: string;
  oomScoreAdj?: number;
  selinuxLabel?: string;
  scheduler?: Scheduler;
  ioPriority?: LinuxIoPriority;
  execCPUAffinity?: CpuAffinity;
}

/** In characters. */
export interface ConsoleSize {
  height: number;
  width: number;
}

export interface User {
  uid: number;
  gid: number;
  umask?: number;
  additionalGids?: readonly number[];
}

/** Each name has its prefix: `CAP_CHOWN`. */
export interface LinuxCapabilities {
  bounding?: readonly string[];
  effective?: readonly string[];
  inheritable?: readonly string[];
  permitted?: readonly string[];
  ambient?: readonly string[];
}

export interface PosixRlimit {
  /** `RLIMIT_NOFILE` and so on. */
  type: string;
  hard: number;
  soft: number;
}

export interface Scheduler {
  policy: string;
  nice?: number;
  priority?: number;
  flags?: readonly string[];
  runtime?: number;
  deadline?: number;
  period?: number;
}

export interface LinuxIoPriority {
  class: 'IOPRIO_CLASS_RT' | 'IOPRIO_CLASS_BE' | 'IOPRIO_CLASS_IDLE';
  priority: number;
}

export interface CpuAffinity {
  initial?: string;
  final?: string;
}

export interface Root {
  path: string;
  readonly?: boolean;
}

export interface Mount {
  destination: string;
  type?: string;
  source?: string;
  options?: readonly string[];
  uidMappings?: readonly LinuxIdMapping[];
  gidMappings?: readonly LinuxIdMapping[];
}

export interface Hooks {
  prestart?: readonly Hook[];
  createRuntime?: readonly Hook[];
  createContainer?: readonly Hook[];
  startContainer?: readonly Hook[];
  poststart?: readonly Hook[];
  poststop?: readonly Hook[];
}

export interface Hook {
  path: string;
  args?: readonly string[];
  env?: readonly string[];
  /** Seconds. */
  timeout?: number;
}

export interface Linux {
  uidMappings?: readonly LinuxIdMapping[];
  gidMappings?: readonly LinuxIdMapping[];
  sysctl?: Readonly<Record<string, string>>;
  resources?: LinuxResources;
  cgroupsPath?: string;
  namespaces?: readonly LinuxNamespace[];
  devices?: readonly LinuxDevice[];
  netDevices?: Readonly<Record<string, LinuxNetDevice>>;
  seccomp?: LinuxSeccomp;
  rootfsPropagation?: 'shared' | 'slave' | 'private' | 'unbindable';
  maskedPaths?: readonly string[];
  readonlyPaths?: readonly string[];
  mountLabel?: string;
  intelRdt?: LinuxIntelRdt;
  personality?: LinuxPersonality;
  timeOffsets?: Readonly<Record<'monotonic' | 'boottime', LinuxTimeOffset>>;
}

export interface LinuxIdMapping {
  containerID: number;
  hostID: number;
  size: number;
}

export type LinuxNamespaceType =
  | 'pid'
  | 'network'
  | 'mount'
  | 'ipc'
  | 'uts'
  | 'user'
  | 'cgroup'
  | 'time';

export interface LinuxNamespace {
  type: LinuxNamespaceType;
  /** Absent: a new one. */
  path?: string;
}

export interface LinuxNetDevice {
  name?: string;
}

export interface LinuxDevice {
  type: 'c' | 'b' | 'u' | 'p';
  path: string;
  major?: number;
  minor?: number;
  fileMode?: number;
  uid?: number;
  gid?: number;
}

export interface LinuxResources {
  devices?: readonly LinuxDeviceCgroup[];
  memory?: LinuxMemory;
  cpu?: LinuxCpu;
  pids?: LinuxPids;
  blockIO?: LinuxBlockIo;
  hugepageLimits?: readonly LinuxHugepageLimit[];
  network?: LinuxNetwork;
  rdma?: Readonly<Record<string, LinuxRdma>>;
  unified?: Readonly<Record<string, string>>;
}

export interface LinuxDeviceCgroup {
  allow: boolean;
  type?: 'a' | 'c' | 'b';
  major?: number;
  minor?: number;
  /** Any of `r`, `w` and `m`. */
  access?: string;
}

/** Bytes; -1 is no limit. */
export interface LinuxMemory {
  limit?: number;
  reservation?: number;
  swap?: number;
  kernel?: number;
  kernelTCP?: number;
  swappiness?: number;
  disableOOMKiller?: boolean;
  useHierarchy?: boolean;
  checkBeforeUpdate?: boolean;
}

/** Periods, quotas and runtimes in microseconds. */
export interface LinuxCpu {
  shares?: number;
  quota?: number;
  burst?: number;
  period?: number;
  realtimeRuntime?: number;
  realtimePeriod?: number;
  cpus?: string;
  mems?: string;
  idle?: number;
}

export interface LinuxPids {
  limit: number;
}

export interface LinuxBlockIo {
  weight?: number;
  leafWeight?: number;
  weightDevice?: readonly LinuxWeightDevice[];
  throttleReadBpsDevice?: readonly LinuxThrottleDevice[];
  throttleWriteBpsDevice?: readonly LinuxThrottleDevice[];
  throttleReadIOPSDevice?: readonly LinuxThrottleDevice[];
  throttleWriteIOPSDevice?: readonly LinuxThrottleDevice[];
}

export interface LinuxWeightDevice {
  major: number;
  minor: number;
  weight?: number;
  leafWeight?: number;
}

export interface LinuxThrottleDevice {
  major: number;
  minor: number;
  rate: number;
}

export interface LinuxHugepageLimit {
  pageSize: string;
  limit: number;
}

export interface LinuxNetwork {
  classID?: number;
  priorities?: readonly { name: string; priority: number }[];
}

export interface LinuxRdma {
  hcaHandles?: number;
  hcaObjects?: number;
}

export interface LinuxIntelRdt {
  closID?: string;
  l3CacheSchema?: string;
  memBwSchema?: string;
  enableCMT?: boolean;
  enableMBM?: boolean;
}

export interface LinuxPersonality {
  domain: 'LINUX' | 'LINUX32';
  flags?: readonly string[];
}

export interface LinuxTimeOffset {
  secs?: number;
  nanosecs?: number;
}
