// SPDX-License-Identifier: Apache-2.0
// Reading of sizes, durations and processor counts, in Docker's notation. Each
// function takes the option's name, for the error.
import { InvalidArgumentError } from './errors.js';

/** A number of bytes, or text such as `'512m'`, `'1.5g'`, `'64MiB'` (powers of 1024). */
export type Size = number | string;

/** Milliseconds as a number, or text such as `'10s'`, `'1m30s'`, `'250ms'`. */
export type Duration = number | string;

const SIZE = /^(\d+(?:\.\d+)?|\.\d+) ?(?:([kmgtp])(?:i?b)?|b)?$/i;
const SIZE_POWERS = 'kmgtp';
const SIZE_ALLOWED = "a whole number of bytes or a size such as '512m', '1.5g' or '64kb'";

/** Reads a size; a fraction of a byte is cut off, as Docker does. */
export function parseSize(option: string, value: unknown): number {
  const bytes = typeof value === 'string' ? sizeFromText(value) : value;
  if (isCount(bytes)) return bytes;
  throw new InvalidArgumentError({ option, given: value, allowed: SIZE_ALLOWED });
}

/** As {@link parseSize}, but -1 (or `'-1'`) is kept: no limit. */
export function parseSizeOrUnlimited(option: string, value: unknown): number {
  if (value === -1 || value === '-1') return -1;
  try {
    return parseSize(option, value);
  } catch (cause) {
    const allowed = `${SIZE_ALLOWED}, or -1 for no limit`;
    throw new InvalidArgumentError({ option, given: value, allowed, cause });
  }
}

function sizeFromText(text: string): number | undefined {
  const match = SIZE.exec(text.trim());
  if (match === null) return undefined;
  const power = match[2] === undefined ? 0 : SIZE_POWERS.indexOf(match[2].toLowerCase()) + 1;
  return Math.floor(Number(match[1]) * 1024 ** power);
}

const DURATION_PART = /(\d+(?:\.\d+)?|\.\d+)(ns|us|µs|ms|s|m|h)/gy;
const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Reads a duration as milliseconds. */
export function parseDurationMs(option: string, value: unknown): number {
  const ms = typeof value === 'string' ? durationFromText(value.trim()) : value;
  if (typeof ms === 'number' && Number.isFinite(ms) && ms >= 0) return ms;
  const allowed = "a number of milliseconds or a duration such as '10s', '1m30s' or '250ms'";
  throw new InvalidArgumentError({ option, given: value, allowed });
}

function durationFromText(text: string): number | undefined {
  if (text === '0') return 0;
  let total = 0;
  let end = 0;
  for (const part of text.matchAll(DURATION_PART)) {
    total += Number(part[1]) * (UNIT_MS[part[2] ?? ''] ?? NaN);
    end = part.index + part[0].length;
  }
  // Sub-microsecond noise of the sum is not what was written.
  return text !== '' && end === text.length ? Math.round(total * 1e6) / 1e6 : undefined;
}

const CPUS = /^(\d+(?:\.\d+)?|\.\d+)$/;

/** Reads a number of processors as billionths, which is exact for nine decimals. */
export function parseNanoCpus(option: string, value: unknown): number {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
  const nano = CPUS.test(text) ? Number(text) * 1e9 : NaN;
  const whole = Math.round(nano);
  if (isCount(whole) && Math.abs(nano - whole) < 1e-3) return whole;
  const allowed = "a number of processors such as 1.5 or '0.25', with at most nine decimals";
  throw new InvalidArgumentError({ option, given: value, allowed });
}

// More than any kernel is built for; bounds the reading of '0-4294967295'.
const MAX_SET_ID = 8191;

/** The single numbers of a list such as `0-2,5`. */
export function parseIdSet(option: string, value: string): readonly number[] {
  const ids = new Set<number>();
  for (const part of value.split(',')) {
    const match = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(part);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (!(first <= last && last <= MAX_SET_ID)) {
      const allowed = `numbers and ranges such as '0-2,5', up to ${MAX_SET_ID}`;
      throw new InvalidArgumentError({ option, given: value, allowed });
    }
    for (let id = first; id <= last; id++) ids.add(id);
  }
  return [...ids];
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
