// SPDX-License-Identifier: Apache-2.0
// Which namespaces a container gets of its own, shares or joins.

import { refuse } from '../check.js';
import type { NamespaceChoice } from '../container/options/namespaces.js';
import type { NormalisedOptions } from '../container/options.js';
import type { MachineFacts } from './machine.js';
import type { LinuxNamespace, LinuxNamespaceType } from './types.js';

/** The whole id of another container that runs, by id or name; throws a `NotFoundError`. */
export type RunningId = (container: string) => string;

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
  runningId: RunningId | undefined,
): readonly LinuxNamespace[] {
  const one = (type: SharedType, option: string, choice: NamespaceChoice) =>
    namespaceOf(type, option, choice, runningId);
  return [
    ...(options.userns === undefined ? [] : [userNamespace(machine)]),
    created('mount'),
    ...(options.network === 'host' ? [] : [created('network')]),
    ...one('uts', 'uts', options.uts),
    ...one('pid', 'pid', options.pid),
    ...one('ipc', 'ipc', options.ipc),
    ...one('cgroup', 'cgroupns', options.cgroupns ?? usualCgroupns(machine)),
  ];
}

// The engine of an ordinary user cannot write the ids of a further one.
function userNamespace({ rootless }: MachineFacts): LinuxNamespace {
  const hint = 'containers of an ordinary user are in a user namespace already';
  return rootless ? refuse('usernsMode', 'private', "'host' without root", hint) : created('user');
}

function usualCgroupns(machine: MachineFacts): NamespaceChoice {
  return machine.cgroup === 'v2' ? PRIVATE : HOST;
}

function namespaceOf(
  type: SharedType,
  option: string,
  choice: NamespaceChoice,
  runningId: RunningId | undefined,
): LinuxNamespace[] {
  if (choice.mode === 'host') return [];
  if (choice.mode === 'path') return [{ type, path: choice.path }];
  if (choice.mode !== 'container') return [created(type)];
  const id = runningId?.(choice.container);
  if (id === undefined) return refuse(option, choice.container, 'a running container');
  return [{ type, path: neighbourPath(id) }];
}

/** Stands for the namespaces of a container as they are when this one starts. */
export function neighbourPath(id: string): string {
  return `container:${id}`;
}

function created(type: LinuxNamespaceType): LinuxNamespace {
  return { type };
}
