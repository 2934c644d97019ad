// SPDX-License-Identifier: Apache-2.0
// Options about file systems: mounts in their long and short forms, tmpfs,
// shared memory and a read-only root.

import { asArray, asBoolean, asPairs, type MapOrList, refuse } from '../../check.js';
import { DEFAULT_SHM_SIZE } from '../../spec/mounts.js';
import { parseSize, type Size } from '../../units.js';
import { type MountOption, type NormalisedMount, readMount } from './mount.js';
import { readTmpfsText } from './tmpfs.js';
import { readVolume } from './volume.js';

export interface StorageOptions {
  /** Mounts in the long form. Docker: `docker run --mount`. */
  mounts?: readonly MountOption[];
  /**
   * Bind mounts in the short form, `'/host:/container[:ro,rslave]'`; a source that begins with
   * `./`, `../` or `~/` is taken from the working or home directory, one that does not exist
   * is made as a directory. Docker: `docker run --volume`.
   */
  volumes?: readonly string[];
  /**
   * Temporary file systems: `{ '/run': 'size=64m,mode=1777' }` or `['/run:size=64m']`.
   * They are `nosuid,nodev,noexec` unless the options say otherwise. Docker: `docker run --tmpfs`.
   */
  tmpfs?: MapOrList;
  /** Size of /dev/shm. Default: 64 MiB. Docker: `docker run --shm-size`. */
  shmSize?: Size;
  /** Makes the root file system read-only; volumes and tmpfs stay writable. Docker: `docker run --read-only`. */
  readOnly?: boolean;
}

export interface NormalisedStorage {
  /** Of all three options, no two with one target. */
  mounts: readonly NormalisedMount[];
  shmSizeBytes: number;
  readOnly: boolean;
  warnings: readonly string[];
}

const NO_MOUNTS: readonly NormalisedMount[] = [];
const NO_WARNINGS: readonly string[] = [];

export function normaliseStorage(options: StorageOptions): NormalisedStorage {
  const warnings: string[] = [];
  const any = options.mounts ?? options.volumes ?? options.tmpfs;
  return {
    mounts: any === undefined ? NO_MOUNTS : readAll(options, warnings),
    shmSizeBytes: readShmSize(options.shmSize),
    readOnly: asBoolean('readOnly', options.readOnly),
    warnings: warnings.length === 0 ? NO_WARNINGS : warnings,
  };
}

function readAll(options: StorageOptions, warnings: string[]): readonly NormalisedMount[] {
  const { mounts, volumes, tmpfs } = options;
  const all = [
    ...asArray('mounts', mounts, 'a list of { type, source, target }').map((mount, index) =>
      readMount(`mounts[${index}]`, mount),
    ),
    ...asArray('volumes', volumes, "a list of '/host:/container'").map((volume, index) =>
      readVolume(`volumes[${index}]`, volume, warnings),
    ),
    ...tmpfsPairs(tmpfs).map(([target, text]) => readTmpfsText(`tmpfs.${target}`, target, text)),
  ];
  checkTargets(all);
  return all;
}

// In a list the target ends at the first colon; the options have `=` of their own.
function tmpfsPairs(value: unknown): [string, string][] {
  if (!Array.isArray(value))
    return asPairs('tmpfs', value).map(([path, text = '']) => [path, text]);
  return value.map((item: unknown, index) => {
    if (typeof item !== 'string') return refuse(`tmpfs[${index}]`, item, "'/path:options'");
    const at = item.indexOf(':');
    return at < 0 ? [item, ''] : [item.slice(0, at), item.slice(at + 1)];
  });
}

function checkTargets(mounts: readonly NormalisedMount[]): void {
  const seen = new Map<string, string>();
  for (const { option, target } of mounts) {
    const first = seen.get(target);
    if (first !== undefined) refuse(option, target, `a target that ${first} does not have too`);
    seen.set(target, option);
  }
}

function readShmSize(value: unknown): number {
  const bytes = value === undefined ? 0 : parseSize('shmSize', value);
  return bytes === 0 ? DEFAULT_SHM_SIZE : bytes;
}
