// SPDX-License-Identifier: Apache-2.0
// Options of a further process in a running container.

import { readAbortSignal } from '../../abort.js';
import { asAbsolutePath, asBoolean, refuse } from '../../check.js';
import { readUser } from '../../spec/user.js';
import type { Duration } from '../../units.js';
import { readTimeout } from './lifecycle.js';
import { type ProcessOptions, readCommand, readEnv } from './process.js';
import { readCapabilities } from './security.js';
import { type NormalisedStdio, normaliseStdio, type StdioOptions } from './stdio.js';

/** What a further process of a container is started with. */
export interface ExecOptions extends StdioOptions {
  /** The arguments of the process. Docker: the words after CONTAINER in `docker exec`. */
  command: readonly string[];
  /** Variables on top of those of the container, as in `ContainerOptions.env`. Docker: `docker exec --env`. */
  env?: NonNullable<ProcessOptions['env']>;
  /** Working directory, absolute. Default: the container's. Docker: `docker exec --workdir`. */
  workdir?: string;
  /** User, as in `ContainerOptions.user`. Default: the container's. Docker: `docker exec --user`. */
  user?: string | number;
  /** All capabilities and no filter. Default: false. Docker: `docker exec --privileged`. */
  privileged?: boolean;
  /** Capabilities on top of the container's. Default: none. */
  capAdd?: readonly string[];
  /** Kills the process when aborted, from the call on. */
  signal?: AbortSignal;
  /** Kills the process so long after the call, in milliseconds or such as `'30s'`. Default: no limit. */
  timeoutMs?: Duration;
}

/** @internal The same after checking. */
export interface NormalisedExec extends NormalisedStdio {
  command: readonly string[];
  env: readonly string[];
  workdir: string | undefined;
  user: string | undefined;
  privileged: boolean;
  capAdd: readonly string[];
  signal: AbortSignal | undefined;
  timeoutMs: number | undefined;
}

const NONE: readonly string[] = [];

export function normaliseExec(options: ExecOptions): NormalisedExec {
  const command = readCommand('command', options.command);
  if (command.length === 0 || command[0] === '') {
    refuse('command', options.command, 'at least the name of a program');
  }
  return {
    ...normaliseStdio(options),
    command,
    env: readEnv('env', options.env),
    workdir: options.workdir === undefined ? undefined : asAbsolutePath('workdir', options.workdir),
    user: options.user === undefined ? undefined : readUser('user', options.user),
    privileged: asBoolean('privileged', options.privileged),
    capAdd: options.capAdd === undefined ? NONE : readCapabilities('capAdd', options.capAdd),
    signal: readAbortSignal(options.signal),
    timeoutMs: readTimeout(options.timeoutMs),
  };
}
