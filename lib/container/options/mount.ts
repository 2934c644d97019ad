// SPDX-License-Identifier: Apache-2.0
// The long form of a mount.

import { asAbsolutePath, asBoolean, asChoice, asObject, asText, refuse } from '../../check.js';
import type { Size } from '../../units.js';
import { readTmpfs } from './tmpfs.js';

export const PROPAGATIONS = [
  'rprivate',
  'private',
  'rshared',
  'shared',
  'rslave',
  'slave',
] as const;

/** How mounts made later are passed on between the machine and the container. */
export type Propagation = (typeof PROPAGATIONS)[number];

/**
 * What happens to mounts below the source: `'enabled'` and `'readonly'` take them along,
 * read-only with it, or fail; `'disabled'` leaves them out; `'writable'` keeps them writable.
 */
export type BindRecursive = 'enabled' | 'disabled' | 'writable' | 'readonly';

/** A directory or file of the host. Docker: `--mount type=bind`. */
export interface BindMount {
  readonly type: 'bind';
  /** Absolute path on the host; must exist unless `bind.createHostPath`. */
  readonly source: string;
  /** Absolute path in the container, not `/`. */
  readonly target: string;
  /** Default: false. */
  readonly readOnly?: boolean;
  readonly bind?: {
    /** How mounts made later are passed on. Default: `'rprivate'`. */
    readonly propagation?: Propagation;
    /** Default: `'enabled'`. */
    readonly recursive?: BindRecursive;
    /** Makes a directory where the source is missing. Default: false. */
    readonly createHostPath?: boolean;
  };
}

/** Memory that goes with the container. Docker: `--mount type=tmpfs`. */
export interface TmpfsMount {
  readonly type: 'tmpfs';
  /** Absolute path in the container, not `/`. */
  readonly target: string;
  /** Default: false. */
  readonly readOnly?: boolean;
  readonly tmpfs?: {
    /** Default: no limit but the container's `memory`. */
    readonly size?: Size;
    /** Permission bits, as a number (`0o700`) or octal text (`'700'`). Default: 1777. */
    readonly mode?: number | string;
    /** More mount options, such as `['exec', 'uid=1000']`. */
    readonly options?: readonly string[];
  };
}

/** One mount in the long form. */
export type MountOption = BindMount | TmpfsMount;

export interface NormalisedBind {
  option: string;
  type: 'bind';
  source: string;
  target: string;
  readOnly: boolean;
  propagation: Propagation;
  recursive: BindRecursive;
  createHostPath: boolean;
}

export interface NormalisedTmpfs {
  option: string;
  type: 'tmpfs';
  target: string;
  readOnly: boolean;
  options: readonly string[];
}

export type NormalisedMount = NormalisedBind | NormalisedTmpfs;

// The files that lxcfs and the like put in place; everything else below /proc
// is the kernel's, and a mount over it could hide what protects the machine.
const PROC_TARGETS = new Set([
  '/proc/cpuinfo',
  '/proc/diskstats',
  '/proc/loadavg',
  '/proc/meminfo',
  '/proc/slabinfo',
  '/proc/stat',
  '/proc/swaps',
  '/proc/uptime',
]);

export function readMount(option: string, value: unknown): NormalisedMount {
  const { type } = asObject(option, value, [
    'type',
    'source',
    'target',
    'readOnly',
    'bind',
    'tmpfs',
  ]);
  if (type === 'bind') return readBind(option, value);
  if (type === 'tmpfs') return readTmpfs(option, value);
  const later = ['volume', 'image', 'npipe', 'cluster'].some((name) => name === type);
  const hint = later ? `mounts of type ${String(type)} are not available yet` : undefined;
  return refuse(`${option}.type`, type, "'bind' or 'tmpfs'", hint);
}

/** An absolute path in the container that can be mounted on. */
export function readTarget(option: string, value: unknown): string {
  const target = asAbsolutePath(option, value);
  if (target === '/') return refuse(option, value, 'a path other than /');
  const inProc = target === '/proc' || target.startsWith('/proc/');
  if (inProc && !PROC_TARGETS.has(target)) {
    return refuse(
      option,
      value,
      'a path outside /proc',
      'it would hide what the kernel shows there',
    );
  }
  return target;
}

function readBind(option: string, value: unknown): NormalisedBind {
  const mount = asObject(option, value, ['type', 'source', 'target', 'readOnly', 'bind']);
  const known = ['propagation', 'recursive', 'createHostPath'] as const;
  const bind = mount.bind === undefined ? {} : asObject(`${option}.bind`, mount.bind, known);
  const readOnly = asBoolean(`${option}.readOnly`, mount.readOnly);
  return {
    option,
    type: 'bind',
    source: readSource(`${option}.source`, mount.source),
    target: readTarget(`${option}.target`, mount.target),
    readOnly,
    propagation: readPropagation(`${option}.bind.propagation`, bind.propagation),
    recursive: readRecursive(`${option}.bind.recursive`, bind.recursive, readOnly),
    createHostPath: asBoolean(`${option}.bind.createHostPath`, bind.createHostPath),
  };
}

function readSource(option: string, value: unknown): string {
  const source = asText(option, value, 'an absolute path on the host');
  // Cleaning the text would change which file a path through a link names.
  return source.startsWith('/') ? source : refuse(option, value, 'an absolute path on the host');
}

function readPropagation(option: string, value: unknown): Propagation {
  return value === undefined ? 'rprivate' : asChoice(option, value, PROPAGATIONS);
}

function readRecursive(option: string, value: unknown, readOnly: boolean): BindRecursive {
  if (value === undefined) return 'enabled';
  const choice = asChoice(option, value, ['enabled', 'disabled', 'writable', 'readonly']);
  if ((choice === 'writable' || choice === 'readonly') && !readOnly) {
    return refuse(option, value, `'${choice}' only with readOnly: true`);
  }
  return choice;
}
