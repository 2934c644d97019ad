// SPDX-License-Identifier: Apache-2.0
// Signal names to numbers, as `docker kill --signal` reads them.
import { constants } from 'node:os';
import { InvalidArgumentError } from './errors.js';

/** A name with or without `SIG` (`'SIGTERM'`, `'term'`, `'RTMIN+3'`) or a number from 1 to 64. */
export type Signal = string | number;

const RTMIN = 34; // The first one that libc leaves to programs.
const RTMAX = 64;
const REAL_TIME = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/;

/** Reads a signal given as name or number. */
export function parseSignal(option: string, value: unknown): number {
  const signal = typeof value === 'string' ? fromText(value.trim().toUpperCase()) : value;
  if (typeof signal === 'number' && Number.isInteger(signal) && signal >= 1 && signal <= RTMAX) {
    return signal;
  }
  const allowed = "a signal name such as 'SIGTERM' or 'RTMIN+3', or a number from 1 to 64";
  throw new InvalidArgumentError({ option, given: value, allowed });
}

function fromText(text: string): number | undefined {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const name = text.startsWith('SIG') ? text.slice(3) : text;
  const known: Readonly<Record<string, number>> = constants.signals;
  return known[`SIG${name}`] ?? realTime(name);
}

function realTime(name: string): number | undefined {
  const match = REAL_TIME.exec(name);
  if (match === null) return undefined;
  const offset = Number(match[3] ?? 0) * (match[2] === '-' ? -1 : 1);
  const signal = (match[1] === 'MIN' ? RTMIN : RTMAX) + offset;
  return signal >= RTMIN && signal <= RTMAX ? signal : undefined;
}
