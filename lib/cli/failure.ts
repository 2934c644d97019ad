// SPDX-License-Identifier: Apache-2.0
// What is said of a command that failed, and its exit code.
import { exitCodeOf, InvalidArgumentError, isSlipwayError } from '../errors.js';
import type { Command, Globals } from './command.js';
import { warn } from './output.js';
import { flagOfOption } from './run/flag-names.js';
import { PlainError } from './usage-error.js';

const SHOWN = ['code', 'errno', 'syscall', 'path', 'dest', 'step', 'hint'] as const;

export function tellFailure(
  error: unknown,
  name: string,
  command: Command,
  globals: Globals,
): number {
  tellError(error, globals);
  if (error instanceof InvalidArgumentError) {
    warn(`\nRun 'slipway ${name} --help' for more information`);
  }
  if (error instanceof PlainError) return error.exitCode;
  return command.failureCode === undefined ? 1 : exitCodeOf(error);
}

/** One line, and with `--debug` all that is known. */
export function tellError(error: unknown, { debug }: Globals): void {
  warn(`slipway: ${messageOf(error)}`);
  if (debug) warn(details(error));
}

// Options are named as the flags that stand for them.
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message } = error;
  if (!(error instanceof InvalidArgumentError)) return message;
  const flag = flagOfOption(error.option);
  return flag === undefined ? message : `${flag}${message.slice(error.option.length)}`;
}

function details(error: unknown): string {
  const fields = isSlipwayError(error)
    ? SHOWN.filter((key) => error[key] !== undefined).map((key) => `  ${key}: ${error[key]}`)
    : [];
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const cause = error instanceof Error && error.cause !== undefined ? [error.cause] : [];
  return [...fields, stack, ...cause.map((one) => `caused by ${String(one)}`)].join('\n');
}
