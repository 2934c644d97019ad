// SPDX-License-Identifier: Apache-2.0
// Which namespaces a container gets of its own, shares or joins.

import { refuse } from '../check.js';
import type { NamespaceChoice } from '../container/options/namespaces.js';
import type { NormalisedOptions } from '../container/options.js';
import type { MachineFacts } from './machine.js';
import type { LinuxNamespace, LinuxNamespaceType } from './types.js';

/** Process 1 of another container, by id or name; throws a `NotFoundError`. */
export type ContainerPid = (container: string) => number;

type SharedType = Extract<LinuxNamespaceType, 'pid' | 'ipc' | 'uts' | 'cgroup'>;

const PRIVATE: NamespaceChoice = { mode: 'private' };
const HOST: NamespaceChoice = { mode: 'host' };

/** Whether nothing about namespaces was asked for. */
export function hasUsualNamespaces(options: NormalisedOptions): boolean {
  return (
    options.userns === undefined &&
    options.ipc.mode === 'private' &&
    options.pid.mode === 'private' &&
    options.uts.mode === 'private' &&
    options.cgroupns === undefined &&
    options.network === 'none'
  );
}

export function buildNamespaces(
  options: Pick<NormalisedOptions, 'userns' | 'ipc' | 'pid' | 'uts' | 'cgroupns' | 'network'>,
  machine: MachineFacts,
  containerPid: ContainerPid | undefined,
): readonly LinuxNamespace[] {
  const one = (type: SharedType, option: string, choice: NamespaceChoice) =>
    namespaceOf(type, option, choice, containerPid);
  return [
    ...(options.userns === undefined ? [] : [created('user')]),
    created('mount'),
    ...(options.network === 'host' ? [] : [created('network')]),
    ...one('uts', 'uts', options.uts),
    ...one('pid', 'pid', options.pid),
    ...one('ipc', 'ipc', options.ipc),
    ...one('cgroup', 'cgroupns', options.cgroupns ?? usualCgroupns(machine)),
  ];
}

function usualCgroupns(machine: MachineFacts): NamespaceChoice {
  return machine.cgroup === 'v2' ? PRIVATE : HOST;
}

function namespaceOf(
  type: SharedType,
  option: string,
  choice: NamespaceChoice,
  containerPid: ContainerPid | undefined,
): LinuxNamespace[] {
  if (choice.mode === 'host') return [];
  if (choice.mode === 'path') return [{ type, path: choice.path }];
  if (choice.mode !== 'container') return [created(type)];
  const pid = containerPid?.(choice.container);
  if (pid === undefined) return refuse(option, choice.container, 'a running container');
  return [{ type, path: `/proc/${pid}/ns/${type}` }];
}

function created(type: LinuxNamespaceType): LinuxNamespace {
  return { type };
}
