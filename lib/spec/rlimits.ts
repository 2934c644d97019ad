// SPDX-License-Identifier: Apache-2.0
// Resource limits of the container's processes.
import { refuse } from '../check.js';
import type { MachineFacts } from './machine.js';
import { type PosixRlimit, RLIM_INFINITY } from './types.js';

// The kernel's own defaults, so that a program's `ulimit` does not decide what its
// containers may. Pending signals depend on the machine and stay.
const UNLIMITED = [RLIM_INFINITY, RLIM_INFINITY] as const;
const DEFAULTS: Readonly<Record<string, readonly [soft: number, hard: number]>> = {
  RLIMIT_CPU: UNLIMITED,
  RLIMIT_FSIZE: UNLIMITED,
  RLIMIT_DATA: UNLIMITED,
  RLIMIT_STACK: [8 << 20, RLIM_INFINITY],
  RLIMIT_CORE: [0, RLIM_INFINITY],
  RLIMIT_RSS: UNLIMITED,
  RLIMIT_NPROC: UNLIMITED, // as in Docker: pidsLimit counts a container's own
  RLIMIT_MEMLOCK: [8 << 20, 8 << 20],
  RLIMIT_AS: UNLIMITED,
  RLIMIT_LOCKS: UNLIMITED,
  RLIMIT_MSGQUEUE: [819_200, 819_200],
  RLIMIT_NICE: [0, 0],
  RLIMIT_RTPRIO: [0, 0],
  RLIMIT_RTTIME: UNLIMITED,
};

// Node raises its own soft limit to the hard one, which the container would
// inherit; programs that close every possible descriptor then take minutes.
const NOFILE = ['RLIMIT_NOFILE', [1024, 524_288]] as const;

/** The limits that are set without being asked for, cut down to what the machine allows. */
export function defaultRlimits(machine: MachineFacts): readonly PosixRlimit[] {
  const others = Object.entries(DEFAULTS).filter(([type]) => machine.rlimits[type] !== undefined);
  const differing = others
    .map((entry) => cutDown(entry, machine))
    .filter(({ type, soft, hard }) => {
      const now = machine.rlimits[type];
      return now?.soft !== soft || now.hard !== hard;
    });
  return [cutDown(NOFILE, machine), ...differing];
}

function cutDown(
  [type, [soft, wanted]]: readonly [string, readonly [number, number]],
  machine: MachineFacts,
): PosixRlimit {
  const hard = Math.min(wanted, highest(machine, type));
  return { type, soft: Math.min(soft, hard), hard };
}

/** `asked` over the defaults. More than the machine allows is an error, never cut down. */
export function buildRlimits(
  asked: readonly PosixRlimit[],
  machine: MachineFacts,
  defaults: readonly PosixRlimit[],
): readonly PosixRlimit[] {
  if (asked.length === 0) return defaults;
  for (const limit of asked) checkLimit(limit, machine);
  const types = new Set(asked.map(({ type }) => type));
  return [...defaults.filter(({ type }) => !types.has(type)), ...asked];
}

function checkLimit(limit: PosixRlimit, machine: MachineFacts): void {
  const most = highest(machine, limit.type);
  if (limit.hard <= most) return;
  const name = limit.type.slice('RLIMIT_'.length).toLowerCase();
  const given = limit.hard === RLIM_INFINITY ? 'unlimited' : limit.hard;
  const hint = 'raising it needs CAP_SYS_RESOURCE';
  refuse(`ulimits.${name}`, given, `at most ${most}, the limit of this process`, hint);
}

function highest(machine: MachineFacts, type: string): number {
  return machine.hasSysResource ? RLIM_INFINITY : (machine.rlimits[type]?.hard ?? RLIM_INFINITY);
}
