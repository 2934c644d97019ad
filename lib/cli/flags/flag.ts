// SPDX-License-Identifier: Apache-2.0
// What a flag of a command is, and what was given for it.

/** How values are read; the same words stand in the help. */
export type FlagType =
  | 'bool'
  | 'string'
  | 'bytes'
  | 'decimal'
  | 'duration'
  | 'int'
  | 'int64'
  | 'uint16'
  | 'list'
  | 'map'
  | 'mount'
  | 'network'
  | 'ulimit'
  | 'gpu-request';

export interface Flag {
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  readonly type: FlagType;
  readonly about: string;
  /** Other names that are understood and not shown. */
  readonly aliases?: readonly string[];
  /** What it is when not given, where the help should say so. */
  readonly absent?: string | boolean;
}

/** A row of a table of flags. */
export function row<F extends Flag = Flag>(
  name: string,
  type: FlagType,
  about: string,
  more = {} as Omit<F, 'name' | 'type' | 'about'>,
): F {
  return { name, type, about, ...more } as F;
}

export type FlagValue = boolean | number | string | readonly string[];

const REPEATED: readonly FlagType[] = ['list', 'map', 'mount', 'network', 'ulimit', 'gpu-request'];

/** Whether each use adds a value, instead of replacing the last one. */
export function isRepeated({ type }: Flag): boolean {
  return REPEATED.includes(type);
}

/** How messages name it: `-m, --memory`. */
export function flagTitle({ name, short }: Flag): string {
  return short === undefined ? `--${name}` : `-${short}, --${name}`;
}

/** The values of one command line, by name of the flag. */
export class FlagValues {
  readonly #values = new Map<string, FlagValue>();

  set(flag: Flag, value: FlagValue): void {
    const before = this.#values.get(flag.name);
    const list = Array.isArray(before) ? (before as string[]) : [];
    this.#values.set(flag.name, isRepeated(flag) ? [...list, String(value)] : value);
  }

  get(name: string): FlagValue | undefined {
    return this.#values.get(name);
  }

  bool(name: string): boolean {
    return this.#values.get(name) === true;
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === 'string' ? value : undefined;
  }

  list(name: string): readonly string[] {
    const value = this.#values.get(name);
    return Array.isArray(value) ? (value as string[]) : [];
  }

  entries(): readonly (readonly [string, FlagValue])[] {
    return [...this.#values];
  }
}
