// SPDX-License-Identifier: Apache-2.0
// What is said of a command that failed, and its exit code.
import { chooseRoots } from '../engine/roots.js';
import { exitCodeOf, InvalidArgumentError, isSlipwayError } from '../errors.js';
import type { Command, Globals } from './command.js';
import { warn } from './output.js';
import { flagOfOption } from './run/flag-names.js';
import { PlainError } from './usage-error.js';

const IMAGE_HINT =
  'images come from slipway import; "host" is made of the programs of this machine';
const SHOWN = ['code', 'errno', 'syscall', 'path', 'dest', 'step', 'hint'] as const;

export function tellFailure(
  error: unknown,
  name: string,
  command: Command,
  globals: Globals,
): number {
  tellError(error, globals, name.endsWith('run') ? IMAGE_HINT : undefined);
  if (error instanceof InvalidArgumentError) {
    warn(`\nRun 'slipway ${name} --help' for more information`);
  }
  if (error instanceof PlainError) return error.exitCode;
  return command.failureCode === undefined ? 1 : exitCodeOf(error);
}

/** One line, and with `--debug` all that is known. */
export function tellError(error: unknown, globals: Globals, imageHint?: string): void {
  const { code } = error as { code?: unknown };
  const hint = code === 'ERR_IMAGE_NOT_FOUND' ? imageHint : rootHint(error, globals);
  warn(`slipway: ${messageOf(error)}${hint === undefined ? '' : ` (hint: ${hint})`}`);
  if (globals.debug) warn(details(error));
}

// A failure of node:fs in the folder of the engine, or to make that.
function rootHint(error: unknown, globals: Globals): string | undefined {
  const { path, errno } = error as NodeJS.ErrnoException;
  if (isSlipwayError(error) && error.step !== 'make folder') return undefined;
  if (path === undefined || errno === undefined) return undefined;
  const { root } = chooseRoots(globals.root);
  const within = `${path}/`.startsWith(`${root}/`) || root.startsWith(`${path}/`);
  return within ? '--root or SLIPWAY_ROOT chooses another folder' : undefined;
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
