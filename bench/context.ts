// SPDX-License-Identifier: Apache-2.0
// What every scenario and every participant is given.
import type { LinuxSeccomp } from '../lib/spec/seccomp-types.js';
import type { Participant } from './participants/participant.js';
import type { Workspace } from './workspace.js';

export interface Setting {
  workspace: Workspace;
  /** Folder of the compiled C programs. */
  programs: string;
  /** The profile that Slipway applies by default. */
  seccomp: LinuxSeccomp;
  /** The same as `struct sock_filter`s in a file. */
  seccompFile: string;
  /** Aborted by SIGINT and SIGTERM. */
  signal: AbortSignal;
}

export interface Context extends Setting {
  participants: readonly Participant[];
  short: boolean;
}
