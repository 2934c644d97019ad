// SPDX-License-Identifier: Apache-2.0
// The mounts of a container: the kernel's file systems, then the caller's.
import { statSync } from 'node:fs';
import { refuse } from '../check.js';
import type { NormalisedBind, NormalisedMount } from '../container/options/mount.js';
import type { NormalisedOptions } from '../container/options.js';
import { isPropagated } from './host-mounts.js';
import type { MachineFacts } from './machine.js';
import type { LinuxIdMapping, Mount } from './types.js';

export const DEFAULT_SHM_SIZE = 64 * 1024 * 1024;
const SAFE = ['nosuid', 'noexec', 'nodev'];
const PTS = ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'];
const SHM_MODE = [...SAFE, 'mode=1777'];

export interface BuiltMounts {
  mounts: readonly Mount[];
  rootfsPropagation: 'shared' | 'slave' | undefined;
  /** Directories of the host to make first. */
  createHostPaths: readonly string[];
}

/** What the mounts of the kernel's file systems depend on. */
export type SystemMountChoice = Pick<
  NormalisedOptions,
  'ipc' | 'pid' | 'network' | 'privileged' | 'writableCgroups' | 'shmSizeBytes' | 'userns'
>;

/** Whether the system's mounts are those that most containers have. */
export function hasUsualSystem(options: NormalisedOptions): boolean {
  return (
    options.devices.length + options.deviceCgroupRules.length === 0 &&
    options.ipc.mode === 'private' &&
    options.pid.mode === 'private' &&
    options.network === 'none' &&
    !options.privileged &&
    !options.writableCgroups &&
    options.userns === undefined &&
    options.shmSizeBytes === DEFAULT_SHM_SIZE
  );
}

/** /proc, /dev and /sys with what belongs in them. */
export function systemMounts(
  choice: SystemMountChoice,
  machine: MachineFacts,
  deviceMounts: readonly Mount[],
): readonly Mount[] {
  return [
    procMount(choice, machine),
    mount('/dev', 'tmpfs', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
    mount('/dev/pts', 'devpts', 'devpts', hasGroup5(choice, machine) ? [...PTS, 'gid=5'] : PTS),
    ...sysMounts(choice, machine),
    ...ipcMounts(choice, machine),
    ...deviceMounts,
  ];
}

/** The caller's mounts over `system`, parents before children. */
export function buildMounts(options: NormalisedOptions, system: readonly Mount[]): BuiltMounts {
  const targets = new Set(options.mounts.map((given) => given.target));
  const kept = system.filter(
    ({ destination }) =>
      !targets.has(destination) && !(targets.has('/dev') && destination.startsWith('/dev/')),
  );
  const sorted = [...options.mounts].sort((a, b) => depth(a.target) - depth(b.target));
  const binds = sorted.filter((given) => given.type === 'bind');
  return {
    mounts: [...kept, ...sorted.map(callerMount)],
    rootfsPropagation: binds.map(rootPropagation).reduce(stronger, undefined),
    createHostPaths: binds.filter(isMissing).map((bind) => bind.source),
  };
}

// A user namespace may mount /proc and /sys only with the pid or network
// namespace that they show; those of the host can merely be bound.
function procMount(choice: SystemMountChoice, machine: MachineFacts): Mount {
  return inUserNamespace(choice, machine) && choice.pid.mode !== 'private'
    ? mount('/proc', 'bind', '/proc', ['rbind', ...SAFE])
    : mount('/proc', 'proc', 'proc', SAFE);
}

function sysMounts(choice: SystemMountChoice, machine: MachineFacts): Mount[] {
  const access = choice.privileged ? [] : ['ro'];
  if (inUserNamespace(choice, machine) && choice.network === 'host') {
    return [mount('/sys', 'bind', '/sys', ['rbind', ...SAFE, 'ro'])];
  }
  const sys = mount('/sys', 'sysfs', 'sysfs', [...SAFE, ...access]);
  if (machine.cgroup === 'none' || (machine.rootless && machine.cgroup !== 'v2')) return [sys];
  const cgroupAccess = choice.writableCgroups ? [] : access;
  return [sys, mount('/sys/fs/cgroup', 'cgroup', 'cgroup', [...SAFE, ...cgroupAccess])];
}

// With the machine's ipc namespace a new mount shows the machine's queues, whether
// or not it has one itself; a user namespace may only bind that.
function ipcMounts(choice: SystemMountChoice, machine: MachineFacts): Mount[] {
  const { mode } = choice.ipc;
  const bind = (path: string) => mount(path, 'bind', path, ['rbind', ...SAFE]);
  if (mode === 'host' && inUserNamespace(choice, machine))
    return ['/dev/shm', '/dev/mqueue'].map(bind);
  const mqueue = mount('/dev/mqueue', 'mqueue', 'mqueue', SAFE);
  if (mode === 'host') return [bind('/dev/shm'), mqueue];
  if (mode === 'none') return [mqueue];
  // The source is found natively, in the other container (SpecExtras.shmFrom).
  if (mode === 'container') return [mqueue, mount('/dev/shm', 'bind', 'shm', SAFE)];
  const size = `size=${choice.shmSizeBytes}`;
  return [mqueue, mount('/dev/shm', 'tmpfs', 'shm', [...SHM_MODE, size])];
}

// Terminals belong to group tty, 5 everywhere, where that id exists.
function hasGroup5(choice: SystemMountChoice, machine: MachineFacts): boolean {
  const covers = ({ containerID, size }: LinuxIdMapping) =>
    containerID <= 5 && containerID + size > 5;
  return choice.userns === undefined ? !machine.singleId : choice.userns.gidMappings.some(covers);
}

export function inUserNamespace(
  choice: Pick<NormalisedOptions, 'userns'>,
  machine: MachineFacts,
): boolean {
  return machine.rootless || choice.userns !== undefined;
}

function callerMount(given: NormalisedMount): Mount {
  if (given.type === 'tmpfs') return mount(given.target, 'tmpfs', 'tmpfs', given.options);
  checkSource(given);
  const { source, target, recursive, readOnly, propagation } = given;
  const options = [recursive === 'disabled' ? 'bind' : 'rbind'];
  if (readOnly) options.push(readOnlyFlag(given));
  return mount(target, 'bind', source, [...options, propagation]);
}

function readOnlyFlag({ recursive }: NormalisedBind): 'ro' | 'rro' {
  return recursive === 'disabled' || recursive === 'writable' ? 'ro' : 'rro';
}

function checkSource(given: NormalisedBind): void {
  if (given.createHostPath || !isMissing(given)) return;
  refuse(`${given.option}.source`, given.source, 'a path that exists on the host');
}

function isMissing(given: NormalisedBind): boolean {
  try {
    return statSync(given.source, { throwIfNoEntry: false }) === undefined;
  } catch (error) {
    return refuse(given.option, given.source, 'a path that can be reached', String(error));
  }
}

function rootPropagation(given: NormalisedBind): 'shared' | 'slave' | undefined {
  const kind = given.propagation.replace(/^r/, '');
  if (kind !== 'shared' && kind !== 'slave') return undefined;
  if (isPropagated(given.source, kind)) return kind;
  const hint = `the mount of the host that holds it is private; make it ${kind} first`;
  return refuse(given.option, given.propagation, `a source whose mount is ${kind}`, hint);
}

function stronger(a: 'shared' | 'slave' | undefined, b: 'shared' | 'slave' | undefined) {
  return a === 'shared' || b === 'shared' ? 'shared' : (a ?? b);
}

function depth(path: string): number {
  return path.split('/').length;
}

function mount(
  destination: string,
  type: string,
  source: string,
  options: readonly string[],
): Mount {
  return { destination, type, source, options };
}
