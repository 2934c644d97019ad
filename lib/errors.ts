// SPDX-License-Identifier: Apache-2.0
// Every error a caller can meet. The fields are those of Node's own system
// errors (`code errno syscall path dest`, errno negative) plus `step`, `hint`
// and `cause`. A subclass exists only where callers act differently.
import { constants } from 'node:os';
import { getSystemErrorMap, inspect } from 'node:util';

/**
 * Slipway's own values of `code`, each with what it means and, where the engine
 * failed before the command ran, the exit code a command line reports for it.
 * Failed system calls keep the kernel's name (`EINVAL`, `ENOSPC`) as `code`.
 */
export const ERROR_CODES = {
  ERR_INVALID_ARGUMENT: { exitCode: 125, meaning: 'an option or argument is not allowed' },
  ERR_CONTAINER_NOT_FOUND: { exitCode: 125, meaning: 'no container has this id or name' },
  ERR_IMAGE_NOT_FOUND: { exitCode: 125, meaning: 'no image has this id or reference' },
  ERR_EXEC_NOT_FOUND: { exitCode: 125, meaning: 'no exec has this id' },
  ERR_NAME_CONFLICT: { exitCode: 125, meaning: 'another container has this name' },
  ERR_STATE_CONFLICT: { exitCode: 125, meaning: 'not possible in the state the container is in' },
  ERR_IMAGE_IN_USE: { exitCode: 125, meaning: 'a container still uses this image' },
  ERR_CANCELED: { exitCode: 125, meaning: 'canceled by an AbortSignal or by timeoutMs' },
  ERR_COMMAND_NOT_FOUND: { exitCode: 127, meaning: 'the command is not in the container' },
  ERR_COMMAND_NOT_EXECUTABLE: { exitCode: 126, meaning: 'the command cannot be executed' },
  ERR_NATIVE_LOAD: { exitCode: 125, meaning: 'the native addon could not be loaded' },
  ERR_SUPERVISOR_GONE: { exitCode: 125, meaning: 'the supervisor process ended' },
  ERR_ENGINE_CLOSED: { exitCode: 125, meaning: 'the engine was closed' },
  ERR_MAX_BUFFER: { exitCode: 125, meaning: 'more output than maxBuffer' },
  ERR_IMAGE_INVALID: { exitCode: 125, meaning: 'the image or archive is not well formed' },
  ERR_UNKNOWN: { exitCode: 125, meaning: 'a failure without an errno' },
} as const;

/** One of Slipway's own codes. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** The fields an error carries beside its message; absent ones are not set. */
export interface ErrorFields {
  code: string;
  errno?: number | undefined;
  syscall?: string | undefined;
  path?: string | undefined;
  dest?: string | undefined;
  step?: string | undefined;
  hint?: string | undefined;
  cause?: unknown;
}

const brand = Symbol.for('slipway.error');

/**
 * Base of all errors thrown by Slipway.
 *
 * @example
 * ```ts
 * try {
 *   await Container.run({ image, command: ['no-such-program'] });
 * } catch (error) {
 *   if (isSlipwayError(error) && error.code === 'ERR_COMMAND_NOT_FOUND') console.log(error.path);
 * }
 * ```
 */
export class SlipwayError extends Error {
  /** One of {@link ERROR_CODES}, or the name of an errno. */
  readonly code: string;
  /** The errno of the failed system call, negative as in node:fs. */
  declare readonly errno?: number;
  /** The system call that failed. */
  declare readonly syscall?: string;
  /** The path it failed on. */
  declare readonly path?: string;
  /** The second path, of a rename or link. */
  declare readonly dest?: string;
  /** What was being done, such as `mount overlay`. */
  declare readonly step?: string;
  /** What helps, where the errno alone misleads. */
  declare readonly hint?: string;

  constructor(message: string, fields: ErrorFields) {
    const { cause, ...rest } = fields;
    super(message, cause === undefined ? undefined : { cause });
    this.code = fields.code;
    for (const [key, value] of Object.entries(rest)) {
      if (value !== undefined) Object.assign(this, { [key]: value });
    }
    Object.defineProperty(this, brand, { value: true });
  }

  /** The name of its class. */
  override get name(): string {
    return this.constructor.name;
  }
}

/** A container, image or exec that does not exist. */
export class NotFoundError extends SlipwayError {}

/** A name already taken, or an operation the present state does not allow. */
export class ConflictError extends SlipwayError {}

/** Stopped by an AbortSignal or a time limit; the first reason is `cause`. */
export class CanceledError extends SlipwayError {
  constructor(message: string, cause?: unknown) {
    super(message, { code: 'ERR_CANCELED', cause });
  }
}

/** What {@link InvalidArgumentError} says about the argument it refuses. */
export interface InvalidArgument {
  /** The option's name, with the index or key where it has parts: `mounts[1].target`. */
  option: string;
  given: unknown;
  /** What is allowed, as it reads after "expected". */
  allowed: string;
  hint?: string | undefined;
  cause?: unknown;
}

/** An option was misspelled, has a wrong value, or is not possible on this machine. */
export class InvalidArgumentError extends SlipwayError {
  readonly option: string;
  readonly given: unknown;
  readonly allowed: string;

  constructor(argument: InvalidArgument) {
    const { option, given, allowed, hint, cause } = argument;
    super(withHint(`${option}: got ${show(given)}, expected ${allowed}`, hint), {
      code: 'ERR_INVALID_ARGUMENT',
      hint,
      cause,
    });
    this.option = option;
    this.given = given;
    this.allowed = allowed;
  }
}

/** A failure as the native core reports it. `errno` is positive there. */
export interface NativeFailure {
  step: string;
  syscall: string;
  path: string;
  errno: number;
  hint?: string;
  dest?: string;
}

/** Turns a failure of the native core into the error that callers see. */
export function fromNative(record: NativeFailure): SlipwayError {
  const { step, syscall, path, dest } = record;
  const name = errnoName(record.errno);
  const code = codeFor(syscall, name);
  const hint = record.hint || undefined;
  const reason = name === 'ERR_UNKNOWN' ? `failed (errno ${record.errno})` : name;
  const text = `${[step, path].filter(Boolean).join(' on ')}: ${reason}`;
  return new SlipwayError(withHint(text, hint), {
    code,
    errno: record.errno > 0 ? -record.errno : undefined,
    syscall: syscall || undefined,
    path: path || undefined,
    dest: dest || undefined,
    step: step || undefined,
    hint,
  });
}

/** Turns a failure of node:fs into the error that callers see; any other stays as it is. */
export function fromSystem(error: unknown, step: string): unknown {
  if (!(error instanceof Error) || isSlipwayError(error)) return error;
  const { code, errno, syscall, path, dest } = error as NodeJS.ErrnoException & { dest?: string };
  if (code === undefined || syscall === undefined) return error;
  const text = `${[step, path].filter(Boolean).join(' on ')}: ${code}`;
  return new SlipwayError(text, { code, errno, syscall, path, dest, step, cause: error });
}

/** Whether `error` comes from Slipway, also from another copy of the package. */
export function isSlipwayError(error: unknown): error is SlipwayError {
  return typeof error === 'object' && error !== null && brand in error;
}

/** The exit code a command line gives for an error: 125, or 126 and 127 for the command. */
export function exitCodeOf(error: unknown): number {
  const code = isSlipwayError(error) ? error.code : '';
  return Object.hasOwn(ERROR_CODES, code) ? ERROR_CODES[code as ErrorCode].exitCode : 125;
}

const MAX_ERRNO = 1023; // Beyond the kernel's; from 3000 on libuv has numbers of its own.

// libuv names the errnos it uses itself and Node's constants a few more; the
// rest of those that mounts, namespaces and executables can answer is here.
const OTHER_ERRNOS: Readonly<Record<string, number>> = {
  ENOTBLK: 15,
  ELIBBAD: 80,
  EUSERS: 87,
  EUCLEAN: 117,
  EREMOTEIO: 121,
  ENOMEDIUM: 123,
  ENOKEY: 126,
};

function errnoName(errno: number): string {
  if (!Number.isInteger(errno) || errno <= 0 || errno > MAX_ERRNO) return 'ERR_UNKNOWN';
  const known = getSystemErrorMap().get(-errno)?.[0];
  if (known !== undefined) return known;
  const named = Object.entries({ ...constants.errno, ...OTHER_ERRNOS });
  return named.find(([, value]) => value === errno)?.[0] ?? 'ERR_UNKNOWN';
}

// Only the command itself is started by execve; what runs out of memory or of
// argument space there is a fault of its own. ENOTDIR: a part of the path is a
// file, which to the caller is "not there".
function codeFor(syscall: string, name: string): string {
  if (syscall !== 'execve') return name;
  if (name === 'ENOENT' || name === 'ENOTDIR') return 'ERR_COMMAND_NOT_FOUND';
  const refused = ['EACCES', 'EPERM', 'ENOEXEC', 'EISDIR', 'ELIBBAD', 'ETXTBSY', 'ELOOP'];
  return refused.includes(name) ? 'ERR_COMMAND_NOT_EXECUTABLE' : name;
}

function withHint(text: string, hint: string | undefined): string {
  return hint === undefined ? text : `${text} (hint: ${hint})`;
}

function show(value: unknown): string {
  const text = inspect(value, { depth: 1, breakLength: Infinity, maxArrayLength: 5 });
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
