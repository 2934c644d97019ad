// SPDX-License-Identifier: Apache-2.0
// The options of one exec call, checked.
import { InvalidArgumentError } from '../errors.js';
import type { Exec } from './exec.js';
import type { ExecOptions, NormalisedExec, StdioOption } from './options.js';
import { normaliseExecOptions } from './validate.js';

/** The options of {@link Container.exec} beside the command. */
export type ExecExtras = Omit<ExecCall, 'command'>;

/** The options of {@link Container.exec}. */
export interface ExecCall extends ExecOptions {
  /** Written to standard input, which is then closed. Default: none. */
  input?: string | Uint8Array;
}

/** The options of {@link Container.exec} by which the types of its result are known. */
export interface ExecStreams<
  Out extends StdioOption,
  Err extends StdioOption,
  Tty extends boolean,
> {
  /** As in {@link ExecCall}. */
  stdout?: Out;
  /** As in {@link ExecCall}. */
  stderr?: Err;
  /** As in {@link ExecCall}. */
  tty?: Tty;
}

/** Text where a stream is a pipe, and nothing elsewhere. */
export type ExecText<Option extends StdioOption> = Option extends 'pipe' ? string : undefined;

/** The {@link Exec} that such options give; a terminal has one output stream. */
export type ExecOf<Out extends StdioOption, Err extends StdioOption, Tty extends boolean> = Exec<
  ExecText<Out>,
  Tty extends true ? undefined : ExecText<Err>
>;

export function readExecCall(call: ExecCall): {
  options: NormalisedExec;
  input: string | Uint8Array | undefined;
} {
  const { input, ...rest } = call;
  if (input !== undefined && typeof input !== 'string' && !(input instanceof Uint8Array)) {
    throw new InvalidArgumentError({ option: 'input', given: input, allowed: 'text or bytes' });
  }
  if (input !== undefined && rest.stdin !== undefined && rest.stdin !== 'pipe') {
    throw new InvalidArgumentError({
      option: 'stdin',
      given: rest.stdin,
      allowed: "'pipe' where input is given",
    });
  }
  const options = normaliseExecOptions(input === undefined ? rest : { ...rest, stdin: 'pipe' });
  return { options, input };
}
