// SPDX-License-Identifier: Apache-2.0
// A command line's flags and arguments, read as Docker's flag library (pflag)
// reads them: `--name=value`, `--name value`, `-n value`, `-nvalue`, `-n=value`,
// `-it`, and `--` before what are all arguments.
import { nearest } from '../../nearest.js';
import { UsageError } from '../usage-error.js';
import { type Flag, FlagValues } from './flag.js';
import { readValue } from './value.js';

export interface ParseOptions {
  /** Whether flags may also stand after the first argument. */
  readonly interspersed: boolean;
}

export interface ParsedLine {
  readonly values: FlagValues;
  readonly args: readonly string[];
  /** `--help` or, where the letter is free, `-h`. */
  readonly help: boolean;
}

export function parseFlags(
  flags: readonly Flag[],
  words: readonly string[],
  options: ParseOptions,
): ParsedLine {
  return new Parser(flags, words).parse(options);
}

class Parser {
  readonly #byName = new Map<string, Flag>();
  readonly #byLetter = new Map<string, Flag>();
  readonly #words: string[];
  readonly #values = new FlagValues();
  #help = false;

  constructor(flags: readonly Flag[], words: readonly string[]) {
    this.#words = [...words];
    for (const flag of flags) {
      for (const name of [flag.name, ...(flag.aliases ?? [])]) this.#byName.set(name, flag);
      if (flag.short !== undefined) this.#byLetter.set(flag.short, flag);
    }
  }

  parse({ interspersed }: ParseOptions): ParsedLine {
    const args: string[] = [];
    for (let word = this.#words.shift(); word !== undefined; word = this.#words.shift()) {
      if (word === '--') {
        args.push(...this.#words.splice(0));
      } else if (word === '-' || !word.startsWith('-')) {
        args.push(word);
        if (!interspersed) args.push(...this.#words.splice(0));
      } else if (word.startsWith('--')) {
        this.#long(word);
      } else {
        this.#letters(word);
      }
    }
    return { values: this.#values, args, help: this.#help };
  }

  #long(word: string): void {
    if (word.startsWith('---') || word.startsWith('--=')) {
      throw new UsageError(`bad flag syntax: ${word}`);
    }
    const equals = word.indexOf('=');
    const name = word.slice(2, equals < 0 ? undefined : equals);
    const flag = this.#byName.get(name);
    if (flag === undefined) {
      this.#unknown(name);
    } else if (equals >= 0) {
      this.#set(flag, word.slice(equals + 1));
    } else if (flag.type === 'bool') {
      this.#set(flag, 'true');
    } else {
      this.#set(flag, this.#next(`flag needs an argument: --${name}`));
    }
  }

  #unknown(name: string): void {
    if (name === 'help') {
      this.#help = true;
      return;
    }
    const meant = nearest(name, this.#byName.keys());
    throw new UsageError(`unknown flag: --${name}`, meant && `did you mean --${meant}?`);
  }

  #letters(word: string): void {
    for (let rest = [...word.slice(1)]; rest.length > 0; ) {
      const [letter = '', ...after] = rest;
      const flag = this.#byLetter.get(letter);
      const shown = `'${letter}' in -${rest.join('')}`;
      rest = after;
      if (flag === undefined && letter === 'h') {
        this.#help = true;
      } else if (flag === undefined) {
        throw new UsageError(`unknown shorthand flag: ${shown}`);
      } else {
        rest = this.#letter(flag, after, shown);
      }
    }
  }

  // What is left of the word: further letters, or nothing.
  #letter(flag: Flag, after: string[], shown: string): string[] {
    if (after.length > 1 && after[0] === '=') {
      this.#set(flag, after.slice(1).join(''));
      return [];
    }
    if (flag.type === 'bool') {
      this.#set(flag, 'true');
      return after;
    }
    const value = after.join('');
    this.#set(flag, value === '' ? this.#next(`flag needs an argument: ${shown}`) : value);
    return [];
  }

  #next(otherwise: string): string {
    const word = this.#words.shift();
    if (word === undefined) throw new UsageError(otherwise);
    return word;
  }

  #set(flag: Flag, text: string): void {
    this.#values.set(flag, readValue(flag, text));
  }
}
