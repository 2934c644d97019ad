// SPDX-License-Identifier: Apache-2.0
// Resource limits of the container's processes.
import { refuse } from '../check.js';
import type { MachineFacts } from './machine.js';
import { type PosixRlimit, RLIM_INFINITY } from './types.js';

// Node raises its own soft limit to the hard one, which the container would
// inherit; programs that close every possible descriptor then take minutes.
const NOFILE: PosixRlimit = { type: 'RLIMIT_NOFILE', soft: 1024, hard: 524_288 };

/** The limits that are set without being asked for, cut down to what the machine allows. */
export function defaultRlimits(machine: MachineFacts): readonly PosixRlimit[] {
  const hard = Math.min(NOFILE.hard, highest(machine, NOFILE.type));
  return [{ type: NOFILE.type, soft: Math.min(NOFILE.soft, hard), hard }];
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
