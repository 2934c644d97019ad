// SPDX-License-Identifier: Apache-2.0
// The text given for a flag as a value, by the rules and with the messages of
// Go's strconv, which is what Docker's users know.
import { UsageError } from '../usage-error.js';
import { type Flag, type FlagValue, flagTitle } from './flag.js';

const TRUE: readonly string[] = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE: readonly string[] = ['0', 'f', 'F', 'FALSE', 'false', 'False'];
// Base 0: the prefix tells the base; an underscore may stand between digits.
const INTEGER =
  /^([+-]?)(?:0[xX](_?[0-9a-fA-F]+)+|0[bB](_?[01]+)+|0[oO]?(_?[0-7]+)+|0|[1-9](_?[0-9]+)*)$/;
const BITS: Readonly<Record<string, readonly [min: bigint, max: bigint]>> = {
  int: [-(2n ** 63n), 2n ** 63n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint16: [0n, 65_535n],
};

export function readValue(flag: Flag, text: string): FlagValue {
  if (flag.type === 'bool') return readBool(flag, text);
  if (BITS[flag.type] !== undefined) return readInteger(flag, text);
  return text;
}

function readBool(flag: Flag, text: string): boolean {
  if (TRUE.includes(text)) return true;
  if (FALSE.includes(text)) return false;
  return invalid(flag, text, 'ParseBool', 'invalid syntax');
}

function readInteger(flag: Flag, text: string): number {
  const [min, max] = BITS[flag.type] ?? [0n, 0n];
  const parse = min === 0n ? 'ParseUint' : 'ParseInt';
  const sign = INTEGER.exec(text)?.[1];
  if (sign === undefined || (min === 0n && sign !== '')) {
    return invalid(flag, text, parse, 'invalid syntax');
  }
  const digits = text.slice(sign.length).replaceAll('_', '');
  const size = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const value = sign === '-' ? -size : size;
  if (value < min || value > max) return invalid(flag, text, parse, 'value out of range');
  return Number(value);
}

function invalid(flag: Flag, text: string, parse: string, why: string): never {
  const quoted = JSON.stringify(text);
  const reason = `strconv.${parse}: parsing ${quoted}: ${why}`;
  throw new UsageError(`invalid argument ${quoted} for "${flagTitle(flag)}" flag: ${reason}`);
}
