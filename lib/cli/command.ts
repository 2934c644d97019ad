// SPDX-License-Identifier: Apache-2.0
// What a command is. Each file of commands/ exports one.
import type { Flag, FlagValues } from './flags/flag.js';

/** The flags that stand before the command. */
export interface Globals {
  readonly root: string | undefined;
  readonly debug: boolean;
}

export interface Call {
  readonly values: FlagValues;
  readonly args: readonly string[];
  readonly globals: Globals;
}

export interface Command {
  /** What comes after the command's name: `[OPTIONS] IMAGE`. */
  readonly usage: string;
  readonly about: string;
  readonly flags: readonly Flag[];
  /** Flags that are understood, and not shown among the options. */
  readonly hidden?: readonly Flag[];
  /** Number of arguments. */
  readonly min: number;
  readonly max: number;
  /** False: flags end at the first argument. */
  readonly interspersed: boolean;
  /** Complete command lines, each with what it does. */
  readonly examples: readonly (readonly [line: string, about: string])[];
  /** Paragraphs at the end of the help. */
  readonly notes?: readonly string[];
  /** The exit code of what fails and has none of its own. Default: 1. */
  readonly failureCode?: number;
  /** Resolves to the exit code. */
  run(call: Call): Promise<number>;
}

/** A row of the table of commands. */
export interface CommandEntry {
  /** Its words: `image ls`. */
  readonly path: string;
  readonly aliases: readonly string[];
  readonly about: string;
  /** Only the command that runs is loaded. */
  load(): Promise<Command>;
}
