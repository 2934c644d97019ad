// SPDX-License-Identifier: Apache-2.0
// The functions of templates.
import { templateError } from './template-lexer.js';

type Call = (args: readonly unknown[], name: string) => unknown;

export const FUNCTIONS: Readonly<Record<string, Call>> = {
  json: ([value]) => JSON.stringify(value ?? null),
  lower: ([value], name) => textOf(value, name).toLowerCase(),
  upper: ([value], name) => textOf(value, name).toUpperCase(),
  title: ([value], name) => textOf(value, name).replace(/^./, (first) => first.toUpperCase()),
  println: (args) => `${args.map(printed).join(' ')}\n`,
  len: ([value]) => sizeOf(value),
  join: ([list, separator], name) => {
    if (!Array.isArray(list)) throw templateError(`${name} needs a list, not ${printed(list)}`);
    return list.map(printed).join(textOf(separator, name));
  },
  split: ([value, separator], name) => textOf(value, name).split(textOf(separator, name)),
  index: ([value, ...keys]) => keys.reduce(itemOf, value),
  eq: ([value, ...others]) => others.some((other) => other === value),
  ne: ([value, other]) => value !== other,
  not: ([value]) => !isTrue(value),
  and: (args) => args.find((value) => !isTrue(value)) ?? args.at(-1),
  or: (args) => args.find(isTrue) ?? args.at(-1),
};

/** A value as it stands in the output, in Go's way. */
export function printed(value: unknown): string {
  if (value === null || value === undefined) return '<no value>';
  if (Array.isArray(value)) return `[${value.map(printed).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  const pairs = Object.entries(value).map(([key, item]) => `${key}:${printed(item)}`);
  return `map[${pairs.join(' ')}]`;
}

export function isTrue(value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (typeof value === 'object') return Object.keys(value).length > 0;
  return value !== '' && value !== 0 && value !== false;
}

function textOf(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw templateError(`${name} needs a text, not ${printed(value)}`);
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'object' && value !== null) return Object.keys(value).length;
  throw templateError(`len needs a text, a list or a map, not ${printed(value)}`);
}

function itemOf(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) {
    if (typeof key === 'number' && key in value) return value[key] as unknown;
    throw templateError(`index ${printed(key)} is not in a list of ${value.length}`);
  }
  if (typeof value === 'object' && value !== null) {
    return Object.hasOwn(value, String(key)) ? (value as Record<string, unknown>)[String(key)] : '';
  }
  throw templateError(`index needs a list or a map, not ${printed(value)}`);
}
