// SPDX-License-Identifier: Apache-2.0
// A further process of a running container: what it does not choose itself it
// takes from the container's configuration.
import type { NormalisedExec } from '../container/options.js';
import { resolveCapabilities } from '../security/capabilities.js';
import type { SpecExtras } from './build.js';
import type { MachineFacts } from './machine.js';
import { mergeEnv } from './process.js';
import { capabilitySets } from './security.js';
import type { LinuxCapabilities, LinuxSeccomp, Process, Spec } from './types.js';

export interface ExecInput {
  readonly options: NormalisedExec;
  /** Of the container. */
  readonly spec: Spec;
  readonly extras: SpecExtras;
  readonly machine: MachineFacts;
}

export interface BuiltExec {
  readonly process: Process;
  /** As in {@link SpecExtras}. */
  readonly user: string;
  readonly groupAdd: readonly string[];
  readonly rootOnlyCapabilities: true;
  readonly seccomp: LinuxSeccomp | null;
}

export function buildExecProcess(input: ExecInput): BuiltExec {
  const { options, spec, extras } = input;
  const process: Process = {
    ...inherited(spec.process),
    terminal: options.tty,
    user: { uid: 0, gid: 0 },
    args: options.command,
    env: execEnv(spec.process?.env ?? [], options),
    cwd: options.workdir ?? spec.process?.cwd ?? '/',
    capabilities: execCapabilities(input),
  };
  if (options.consoleSize !== undefined) {
    const { rows, columns } = options.consoleSize;
    process.consoleSize = { height: rows, width: columns };
  }
  return {
    process,
    user: options.user ?? extras.user,
    groupAdd: extras.groupAdd,
    rootOnlyCapabilities: true,
    seccomp: options.privileged ? null : extras.seccomp,
  };
}

function inherited(container: Process | undefined): Partial<Process> {
  if (container === undefined) return {};
  const { rlimits, noNewPrivileges, apparmorProfile, oomScoreAdj } = container;
  return {
    ...(rlimits === undefined ? {} : { rlimits }),
    ...(noNewPrivileges === undefined ? {} : { noNewPrivileges }),
    ...(apparmorProfile === undefined ? {} : { apparmorProfile }),
    ...(oomScoreAdj === undefined ? {} : { oomScoreAdj }),
  };
}

function execEnv(container: readonly string[], options: NormalisedExec): readonly string[] {
  if (!options.tty && options.env.length === 0) return container;
  const known = container.some((entry) => entry.startsWith('TERM='));
  return mergeEnv(container, options.tty && !known ? ['TERM=xterm'] : [], options.env);
}

function execCapabilities({ options, spec, machine }: ExecInput): LinuxCapabilities {
  const own = spec.process?.capabilities ?? capabilitySets([]);
  if (!options.privileged && options.capAdd.length === 0) return own;
  const { capAdd, privileged } = options;
  const added = resolveCapabilities({ capAdd, capDrop: ['ALL'], privileged }, machine.capabilities);
  const names = privileged ? machine.capabilities : [...(own.bounding ?? []), ...added];
  return capabilitySets([...new Set(names)]);
}
