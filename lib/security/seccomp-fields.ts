// SPDX-License-Identifier: Apache-2.0
// Reading of a profile's JSON. Every complaint names the field, such as
// `seccomp.syscalls[3].args[0].op`.
import { InvalidArgumentError } from '../errors.js';

export class Fields {
  readonly #value: Record<string, unknown>;

  /** `known` are the keys allowed beside comments: a misspelled one would weaken the filter. */
  constructor(
    readonly path: string,
    value: unknown,
    known: readonly string[],
  ) {
    if (!isObject(value)) refuse(path, value, 'an object');
    for (const key of Object.keys(value)) {
      if (!known.includes(key) && !isComment(key)) {
        refuse(`${path}.${key}`, value[key], `only ${known.join(', ')} here`);
      }
    }
    this.#value = value;
  }

  // Docker's own writer leaves null where nothing is set.
  #get(key: string): unknown {
    return this.#value[key] ?? undefined;
  }

  has(key: string): boolean {
    return this.#get(key) !== undefined;
  }

  refuse(key: string, allowed: string, hint?: string): never {
    return refuse(`${this.path}.${key}`, this.#get(key), allowed, hint);
  }

  text(key: string): string | undefined {
    const value = this.#get(key);
    if (value === undefined || typeof value === 'string') return value;
    return this.refuse(key, 'a text');
  }

  choice<T extends string>(key: string, choices: readonly T[]): T {
    const value = this.#get(key);
    const found = choices.find((choice) => choice === value);
    return found ?? this.refuse(key, `one of ${choices.join(', ')}`);
  }

  integer(key: string, max = Number.MAX_SAFE_INTEGER): number | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    const fits = Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
    return fits ? (value as number) : this.refuse(key, `a whole number from 0 to ${max}`);
  }

  texts(key: string): readonly string[] {
    return this.list(key, (value, path) => {
      const fits = typeof value === 'string' && value !== '';
      return fits ? value : refuse(path, value, 'a text that is not empty');
    });
  }

  choices<T extends string>(key: string, choices: readonly T[]): readonly T[] {
    return this.list(key, (value, path) => {
      const found = choices.find((choice) => choice === value);
      return found ?? refuse(path, value, `one of ${choices.join(', ')}`);
    });
  }

  list<T>(key: string, read: (value: unknown, path: string) => T): readonly T[] {
    const value = this.#get(key) ?? [];
    if (!Array.isArray(value)) return this.refuse(key, 'a list');
    return value.map((item: unknown, index) => read(item, `${this.path}.${key}[${index}]`));
  }

  /** What stands under the key, with its path. */
  child(key: string, known: readonly string[]): Fields {
    return new Fields(`${this.path}.${key}`, this.#get(key) ?? {}, known);
  }
}

function refuse(option: string, given: unknown, allowed: string, hint?: string): never {
  throw new InvalidArgumentError({ option, given, allowed, hint });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isComment(key: string): boolean {
  return key === 'comment' || key.startsWith('_') || key.startsWith('$');
}
