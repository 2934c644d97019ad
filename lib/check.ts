// SPDX-License-Identifier: Apache-2.0
// The checks that readers of options share. All of them name the option in
// what they throw.
import { InvalidArgumentError } from './errors.js';

/** A mapping, or a list of `name=value` texts. */
export type MapOrList = Readonly<Record<string, string>> | readonly string[];

export function refuse(option: string, given: unknown, allowed: string, hint?: string): never {
  throw new InvalidArgumentError({ option, given, allowed, hint });
}

export function asBoolean(option: string, value: unknown, absent = false): boolean {
  if (value === undefined) return absent;
  return typeof value === 'boolean' ? value : refuse(option, value, 'true or false');
}

/** A text that can cross to the kernel. */
export function asText(option: string, value: unknown, allowed = 'a text that is not empty') {
  if (typeof value !== 'string' || value === '') return refuse(option, value, allowed);
  return asKernelText(option, value);
}

/** The kernel takes bytes that end with NUL, and half a surrogate pair has no bytes. */
export function asKernelText(option: string, text: string): string {
  if (text.includes('\0')) refuse(option, text, 'a text without NUL');
  return text.isWellFormed() ? text : refuse(option, text, 'a text without half surrogate pairs');
}

export function asInteger(
  option: string,
  value: unknown,
  min: number,
  max: number,
  allowed = `a whole number from ${min} to ${max}`,
): number {
  const fits = Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
  return fits ? (value as number) : refuse(option, value, allowed);
}

export function asChoice<T extends string>(
  option: string,
  value: unknown,
  choices: readonly T[],
): T {
  const choice = choices.find((one) => one === value);
  return choice ?? refuse(option, value, oneOf(choices));
}

export function oneOf(choices: readonly string[]): string {
  return choices.map((choice) => `'${choice}'`).join(' or ');
}

export function asArray(option: string, value: unknown, allowed: string): readonly unknown[] {
  if (value === undefined) return [];
  // The copy has undefined where a list has nothing, which map() would pass over.
  return Array.isArray(value) ? [...(value as unknown[])] : refuse(option, value, allowed);
}

/** A list of texts; each may be empty, as an argument may. */
export function asTextList(option: string, value: unknown, allowed: string): readonly string[] {
  return asArray(option, value, allowed).map((item, index) => {
    const path = `${option}[${index}]`;
    return typeof item === 'string' ? asKernelText(path, item) : refuse(path, item, 'a text');
  });
}

/** An object whose keys are all in `known`. */
export function asObject<K extends string>(
  option: string,
  value: unknown,
  known: readonly K[],
): Partial<Record<K, unknown>> {
  if (!isPlainObject(value)) return refuse(option, value, `an object with ${oneOf(known)}`);
  for (const key of Object.keys(value)) {
    if (!known.some((name) => name === key)) {
      refuse(`${option}.${key}`, value[key], `only ${oneOf(known)} in ${option}`);
    }
  }
  return value as Partial<Record<K, unknown>>;
}

/** The options of a call; undefined is not given, whatever the name. */
export function asCall<K extends string>(
  value: unknown,
  known: readonly K[],
): Partial<Record<K, unknown>> {
  if (!isPlainObject(value)) return refuse('options', value, 'an object');
  for (const name in value) {
    if (value[name] === undefined || known.some((one) => one === name)) continue;
    const only = known.length === 1 ? `only the option` : 'only the options';
    refuse(name, value[name], `${only} ${known.join(', ')}`);
  }
  return value as Partial<Record<K, unknown>>;
}

/** `['a=b']` and `{ a: 'b' }` as pairs; the value is undefined where a list item has no `=`. */
export function asPairs(option: string, value: unknown): [name: string, value?: string][] {
  if (value === undefined) return [];
  if (Array.isArray(value)) {
    return asTextList(option, value, '').map((item, index) => splitPair(option, item, index));
  }
  if (!isPlainObject(value)) {
    return refuse(option, value, "an object of texts or a list of 'name=value' texts");
  }
  return Object.entries(value).map(([name, text]) => {
    const path = `${option}.${name}`;
    asText(option, name, 'a name that is not empty');
    if (typeof text === 'number' && Number.isFinite(text)) return [name, String(text)];
    if (typeof text !== 'string') return refuse(path, text, 'a text');
    return [name, asKernelText(path, text)];
  });
}

/** An absolute path without `.`, `..` and doubled slashes. */
export function asAbsolutePath(option: string, value: unknown): string {
  const path = asText(option, value, 'an absolute path');
  if (!path.startsWith('/')) return refuse(option, value, 'an absolute path');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** Not what holds its entries elsewhere than in properties: an array, a Map, bytes. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(Symbol.iterator in value);
}

function splitPair(option: string, item: string, index: number): [string, string?] {
  const at = item.indexOf('=');
  if (at === 0 || item === '') return refuse(`${option}[${index}]`, item, "'name=value'");
  return at < 0 ? [item] : [item.slice(0, at), item.slice(at + 1)];
}
