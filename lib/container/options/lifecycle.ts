// SPDX-License-Identifier: Apache-2.0
// Options about the life of a container: how it is stopped, limited in time and removed.

import { readAbortSignal } from '../../abort.js';
import { asBoolean, asInteger, asText, refuse } from '../../check.js';
import { parseSignal, type Signal } from '../../signals.js';
import { type Duration, parseDurationMs } from '../../units.js';

/** What an `Engine` has that options need. */
export interface EngineHandle {
  readonly root: string;
}

export interface LifecycleOptions {
  /** What `stop()` sends first, such as `'SIGINT'`. Default: the image's, else SIGTERM. Docker: `--stop-signal`. */
  stopSignal?: Signal;
  /** Seconds from the stop signal to SIGKILL; -1 waits for ever. Default: 10. Docker: `--stop-timeout`. */
  stopTimeout?: number;
  /** Removes the container when it has exited. Default: false. Docker: `docker run --rm`. */
  autoRemove?: boolean;
  /** `'scope'`: the container ends with the program that made it, however that ends. The default. */
  lifetime?: 'scope';
  /**
   * Parent cgroup, a path below the engine's controllers; one that the engine makes goes when it closes.
   * Default: the engine's own. Docker: `--cgroup-parent`.
   */
  cgroupParent?: string;
  /** Kills the container when aborted; the call then fails with `ERR_CANCELED` and the reason as cause. */
  signal?: AbortSignal;
  /** Kills the container when it has run so long, in milliseconds or such as `'30s'`. Default: no limit. */
  timeoutMs?: Duration;
  /** The engine to use. Default: the one that all calls without this option share. */
  engine?: EngineHandle;
}

export interface NormalisedLifecycle {
  /** Undefined: the image's. */
  stopSignal: number | undefined;
  /** -1: for ever. */
  stopTimeoutMs: number;
  autoRemove: boolean;
  lifetime: 'scope';
  cgroupParent: string | undefined;
  signal: AbortSignal | undefined;
  timeoutMs: number | undefined;
  engine: EngineHandle | undefined;
}

const MAX_TIMER_MS = 2 ** 31 - 1; // Node fires a longer timer at once.

export function normaliseLifecycle(options: LifecycleOptions): NormalisedLifecycle {
  return {
    stopSignal:
      options.stopSignal === undefined ? undefined : parseSignal('stopSignal', options.stopSignal),
    stopTimeoutMs: readStopTimeout(options.stopTimeout),
    autoRemove: asBoolean('autoRemove', options.autoRemove),
    lifetime: readLifetime(options.lifetime),
    cgroupParent: readCgroupParent(options.cgroupParent),
    signal: readAbortSignal(options.signal),
    timeoutMs: readTimeout(options.timeoutMs),
    engine: readEngine(options.engine),
  };
}

function readStopTimeout(value: unknown): number {
  if (value === undefined) return 10_000;
  const limit = Math.floor(MAX_TIMER_MS / 1000);
  if (value === -1) return -1;
  const allowed = `whole seconds from 0 to ${limit}, or -1 to wait for ever`;
  return asInteger('stopTimeout', value, 0, limit, allowed) * 1000;
}

/** What a call of `stop` names instead: -1 is for ever. */
export function readStopTimeoutMs(value: unknown): number {
  if (value === -1) return -1;
  if (typeof value === 'number' && value >= 0 && value <= MAX_TIMER_MS) return value;
  const allowed = `milliseconds from 0 to ${MAX_TIMER_MS}, or -1 to wait for ever`;
  return refuse('timeoutMs', value, allowed);
}

function readLifetime(value: unknown): 'scope' {
  if (value === undefined || value === 'scope') return 'scope';
  const hint = value === 'detached' ? 'detached containers are not available yet' : undefined;
  return refuse('lifetime', value, "'scope'", hint);
}

function readCgroupParent(value: unknown): string | undefined {
  if (value === undefined || value === '') return undefined;
  const path = asText('cgroupParent', value);
  if (path.split('/').some((part) => part === '..' || part === '.')) {
    return refuse('cgroupParent', value, 'a path without . and ..');
  }
  return `/${path.split('/').filter(Boolean).join('/')}`;
}

export function readTimeout(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const ms = parseDurationMs('timeoutMs', value);
  if (ms > 0 && ms <= MAX_TIMER_MS) return ms;
  return refuse('timeoutMs', value, `more than 0 and at most ${MAX_TIMER_MS} milliseconds`);
}

function readEngine(value: unknown): EngineHandle | undefined {
  if (value === undefined || (typeof value === 'object' && value !== null && 'root' in value)) {
    return value as EngineHandle | undefined;
  }
  return refuse('engine', value, 'an Engine');
}
