// SPDX-License-Identifier: Apache-2.0
// The border to C++: the only import of the addon, and every native function.
// All are synchronous and take microseconds, but for `launch`.
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lazyModule } from './builtin.js';
import { type NativeFailure, SlipwayError } from './errors.js';

/** A message with descriptors; each message arrives whole. */
export interface NativeMessage {
  readonly data: string;
  readonly fds: readonly number[];
  /** Why its descriptors could not be taken. */
  readonly failure?: NativeFailure;
}

/** A descriptor on the event loop. Calls back while it is readable or writable. */
export interface NativeWatcher {
  start(): void;
  stop(): void;
  /** Lets go of the descriptor, which stays open. Idempotent. */
  close(): void;
  ref(): void;
  unref(): void;
}

/** The two ends of a pipe; only ours does not block. */
export interface NativePipe {
  readonly ours: number;
  readonly theirs: number;
}

/** The functions of the addon. Those that fail throw a record for `fromNative`. */
export interface Native {
  /** Starts `slipway-runtime supervise` from a sealed copy of `path`, made once a process. */
  launch(path: string): Promise<{ socket: number; pidfd: number; pid: number }>;
  /** Collects the end of a launched process whose pidfd is readable; null before. */
  reap(pidfd: number): { exitCode: number | null; signal: number | null } | null;
  send(socket: number, data: string, fds: readonly number[]): 'sent' | 'full' | 'closed';
  /** Null: nothing there; undefined: the other end is closed. */
  receive(socket: number): NativeMessage | null | undefined;
  /** Which end is ours: the one we read or the one we write. */
  pipe(ours: 'read' | 'write'): NativePipe;
  /** Closes a descriptor that came from here: fs.closeSync counts only those of node:fs. */
  close(fd: number): void;
  /** Another descriptor of the same open file. */
  duplicate(fd: number): number;
  /** /dev/null, opened for reading and writing. */
  openNull(): number;
  /** Bytes read, 0 at the end, or a negative errno. Never waits on our descriptors. */
  read(fd: number, buffer: Uint8Array): number;
  /** Bytes written from `offset` on, or a negative errno. */
  write(fd: number, buffer: Uint8Array, offset: number): number;
  /** Sets the size of a terminal in characters. */
  resize(fd: number, rows: number, columns: number): void;
  /** flock(2) that does not wait; false when somebody else holds it. */
  tryLock(fd: number, mode: 'exclusive' | 'shared' | 'unlock'): boolean;
  /** Resource limits of this process. */
  rlimits(): Record<string, { soft: number; hard: number }>;
  /** With `pidfd`: when the thread ends first, `fd` is closed and that process collected. */
  Watcher: new (
    fd: number,
    events: 'read' | 'write',
    callback: () => void,
    pidfd?: number,
  ) => NativeWatcher;
}

/** Where the compiled parts are. */
export interface NativeParts {
  readonly native: Native;
  /** Path of the helper program `slipway-runtime`. */
  readonly runtime: string;
}

let loaded: NativeParts | undefined;

/**
 * Loads the addon at the first call.
 *
 * @throws SlipwayError `ERR_NATIVE_LOAD` that says what was tried and what to do.
 */
export function loadNative(): NativeParts {
  loaded ??= load();
  return loaded;
}

function load(): NativeParts {
  const require = lazyModule().createRequire(import.meta.url);
  const root = fileURLToPath(new URL('..', import.meta.url));
  let tried = `a build in ${root} for linux-${process.arch}`;
  try {
    const finder = require('node-gyp-build') as { path(root: string): string };
    const addon = resolve(finder.path(root));
    tried = addon;
    return { native: require(addon) as Native, runtime: join(dirname(addon), 'slipway-runtime') };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const hint =
      'run `npm approve-scripts slipway && npm rebuild slipway`, which needs python3, make and g++ where no prebuilt binary fits';
    throw new SlipwayError(
      `cannot load the native addon, tried ${tried}: ${reason} (hint: ${hint})`,
      {
        code: 'ERR_NATIVE_LOAD',
        path: tried,
        hint,
        cause,
      },
    );
  }
}
