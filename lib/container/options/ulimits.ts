// SPDX-License-Identifier: Apache-2.0
// Resource limits of single processes, setrlimit(2).

import { asInteger, asObject, asPairs, isPlainObject, refuse } from '../../check.js';
import { type PosixRlimit, RLIM_INFINITY } from '../../spec/types.js';

export const ULIMIT_NAMES = [
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
] as const;

/** A limit by the name Docker gives it, such as `nofile`. */
export type UlimitName = (typeof ULIMIT_NAMES)[number];

/** One number for both limits, -1 or `'unlimited'` for none. */
export type UlimitValue =
  | number
  | 'unlimited'
  | { readonly soft: number | 'unlimited'; readonly hard: number | 'unlimited' };

export interface UlimitOptions {
  /**
   * Limits of each process, `{ nofile: { soft: 1024, hard: 4096 }, core: 0 }` or
   * `['nofile=1024:4096']`, in the units of setrlimit(2). Default: nofile 1024:524288 as far
   * as the machine allows, all else as this process has it. Docker: `docker run --ulimit`.
   */
  ulimits?: Readonly<Partial<Record<UlimitName, UlimitValue>>> | readonly string[];
}

const NONE: readonly PosixRlimit[] = [];
const VALUE = "a whole number, or -1 or 'unlimited'";

export function normaliseUlimits(options: UlimitOptions): { ulimits: readonly PosixRlimit[] } {
  const value: unknown = options.ulimits;
  if (value === undefined) return { ulimits: NONE };
  if (Array.isArray(value)) {
    const pairs = asPairs('ulimits', value);
    return { ulimits: pairs.map(([name, text]) => readText(name, text ?? '')) };
  }
  if (!isPlainObject(value)) {
    refuse('ulimits', value, "an object such as { nofile: 1024 } or a list of 'nofile=1024:2048'");
  }
  return { ulimits: Object.entries(value).map(([name, limit]) => readLimit(name, limit)) };
}

function readText(name: string, text: string): PosixRlimit {
  const [soft = '', hard = soft, ...rest] = text.split(':');
  const allowed = `'${name}=soft' or '${name}=soft:hard'`;
  if (rest.length > 0) return refuse(`ulimits.${name}`, text, allowed);
  const number = (part: string) => (/^-?\d+$/.test(part) ? Number(part) : part);
  return readLimit(name, { soft: number(soft), hard: number(hard) });
}

function readLimit(name: string, value: unknown): PosixRlimit {
  const option = `ulimits.${name}`;
  if (!ULIMIT_NAMES.some((known) => known === name)) {
    return refuse(option, value, `one of ${ULIMIT_NAMES.join(' ')}`);
  }
  const both = typeof value === 'object' ? asObject(option, value, ['soft', 'hard']) : undefined;
  const soft = readNumber(option, both === undefined ? value : both.soft);
  const hard = readNumber(option, both === undefined ? value : both.hard);
  if (soft > hard) return refuse(option, value, 'a soft limit not above the hard limit');
  return { type: `RLIMIT_${name.toUpperCase()}`, soft, hard };
}

function readNumber(option: string, value: unknown): number {
  if (value === -1 || value === 'unlimited') return RLIM_INFINITY;
  return asInteger(option, value, 0, Number.MAX_SAFE_INTEGER, VALUE);
}
