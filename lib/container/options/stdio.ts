// SPDX-License-Identifier: Apache-2.0
// Options about standard input and output and the terminal.

import { fstatSync } from 'node:fs';
import { asBoolean, asInteger, asObject, refuse } from '../../check.js';
import { parseSize, type Size } from '../../units.js';

/** `'pipe'` gives a stream, `'inherit'` this process's own, a number is an open descriptor. */
export type StdioOption = 'pipe' | 'inherit' | 'ignore' | number;

export interface StdioOptions {
  /**
   * Standard input. Default `'ignore'`; with `tty` always `'pipe'`, the keyboard of the terminal.
   * Docker: `docker run --interactive`.
   */
  stdin?: StdioOption;
  /**
   * Standard output. Default `'pipe'`; with `tty` always so, all that the terminal shows.
   * Docker: `docker run --attach stdout`.
   */
  stdout?: StdioOption;
  /**
   * Standard error. Default `'pipe'`; not allowed with `tty`, where all output is one stream.
   * Docker: `docker run --attach stderr`.
   */
  stderr?: StdioOption;
  /** Gives the process a terminal of its own. Default: false. Docker: `docker run --tty`. */
  tty?: boolean;
  /** First size of the terminal in characters, 1 to 65535 each; only with `tty`. */
  consoleSize?: { readonly rows: number; readonly columns: number };
  /**
   * How much output is kept for results that collect it, for stdout and stderr each.
   * Default: 64 MiB. More makes the result fail with `ERR_MAX_BUFFER`.
   */
  maxBuffer?: Size;
}

export interface NormalisedStdio {
  stdin: StdioOption;
  stdout: StdioOption;
  stderr: StdioOption;
  tty: boolean;
  consoleSize: { readonly rows: number; readonly columns: number } | undefined;
  maxBufferBytes: number;
}

const DEFAULT_MAX_BUFFER = 64 * 1024 * 1024;

export function normaliseStdio(options: StdioOptions): NormalisedStdio {
  const tty = asBoolean('tty', options.tty);
  if (tty && options.stderr !== undefined) {
    refuse('stderr', options.stderr, 'no stderr with tty', 'a terminal has one output stream');
  }
  return {
    stdin: tty ? terminalEnd('stdin', options) : readStdio('stdin', options.stdin, 'ignore'),
    stdout: tty ? terminalEnd('stdout', options) : readStdio('stdout', options.stdout, 'pipe'),
    stderr: readStdio('stderr', options.stderr, 'pipe'),
    tty,
    consoleSize: readConsoleSize(options.consoleSize, tty),
    maxBufferBytes:
      options.maxBuffer === undefined
        ? DEFAULT_MAX_BUFFER
        : parseSize('maxBuffer', options.maxBuffer),
  };
}

function readStdio(option: string, value: unknown, absent: StdioOption): StdioOption {
  if (value === undefined) return absent;
  if (value === 'pipe' || value === 'inherit' || value === 'ignore') return value;
  const allowed = "'pipe', 'inherit', 'ignore' or an open descriptor";
  const fd = asInteger(option, value, 0, 2 ** 31 - 1, allowed);
  try {
    fstatSync(fd);
  } catch {
    return refuse(option, value, allowed);
  }
  return fd;
}

/** Columns or rows of a terminal. */
export function readTerminalSide(option: string, value: unknown): number {
  return asInteger(option, value, 1, 65_535);
}

// The engine holds the other end of the terminal, as a stream and nothing else.
function terminalEnd(option: 'stdin' | 'stdout', options: StdioOptions): 'pipe' {
  const value = options[option];
  if (value === undefined || value === 'pipe') return 'pipe';
  return refuse(
    option,
    value,
    "'pipe' with tty",
    'its terminal is read and written through streams',
  );
}

function readConsoleSize(value: unknown, tty: boolean) {
  if (value === undefined) return undefined;
  if (!tty) refuse('consoleSize', value, 'consoleSize only with tty: true');
  const { rows, columns } = asObject('consoleSize', value, ['rows', 'columns']);
  return {
    rows: readTerminalSide('consoleSize.rows', rows),
    columns: readTerminalSide('consoleSize.columns', columns),
  };
}
