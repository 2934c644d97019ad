// SPDX-License-Identifier: Apache-2.0
// tmpfs mounts: the options that the kernel knows, and Docker's defaults for them.

import { asBoolean, asInteger, asObject, asTextList, refuse } from '../../check.js';
import { parseSize } from '../../units.js';
import { type NormalisedTmpfs, readTarget } from './mount.js';

// Each flag with the one it takes the place of.
const OPPOSITES: Readonly<Record<string, string>> = {
  exec: 'noexec',
  noexec: 'exec',
  suid: 'nosuid',
  nosuid: 'suid',
  dev: 'nodev',
  nodev: 'dev',
  ro: 'rw',
  rw: 'ro',
  sync: 'async',
  async: 'sync',
  atime: 'noatime',
  noatime: 'atime',
  diratime: 'nodiratime',
  nodiratime: 'diratime',
  relatime: 'strictatime',
  strictatime: 'relatime',
};
const VALUES: Readonly<Record<string, RegExp>> = {
  mode: /^[0-7]{1,4}$/,
  uid: /^\d{1,10}$/,
  gid: /^\d{1,10}$/,
  nr_inodes: /^\d{1,15}[kmg]?$/i,
  nr_blocks: /^\d{1,15}[kmg]?$/i,
  mpol: /^[a-z]+(:[0-9,-]+)?$/,
  huge: /^(never|always|within_size|advise)$/,
};
const DEFAULTS: readonly string[] = ['nosuid', 'nodev', 'noexec'];

/** The short form: a target and `size=64m,mode=1777`. */
export function readTmpfsText(option: string, target: string, text: string): NormalisedTmpfs {
  const given = text === '' ? [] : text.split(',');
  const options = mergeOptions(option, given);
  return {
    option,
    type: 'tmpfs',
    target: readTarget(option, target),
    readOnly: options.includes('ro'),
    options,
  };
}

/** The long form. */
export function readTmpfs(option: string, value: unknown): NormalisedTmpfs {
  const mount = asObject(option, value, ['type', 'target', 'readOnly', 'tmpfs']);
  const known = ['size', 'mode', 'options'] as const;
  const tmpfs = mount.tmpfs === undefined ? {} : asObject(`${option}.tmpfs`, mount.tmpfs, known);
  const readOnly = asBoolean(`${option}.readOnly`, mount.readOnly);
  const given = [
    ...asTextList(`${option}.tmpfs.options`, tmpfs.options, 'a list of mount options'),
  ];
  if (tmpfs.size !== undefined) {
    given.push(`size=${parseSize(`${option}.tmpfs.size`, tmpfs.size)}`);
  }
  if (tmpfs.mode !== undefined) given.push(`mode=${readMode(`${option}.tmpfs.mode`, tmpfs.mode)}`);
  if (readOnly) given.push('ro');
  const options = mergeOptions(`${option}.tmpfs.options`, given);
  const target = readTarget(`${option}.target`, mount.target);
  return { option, type: 'tmpfs', target, readOnly: options.includes('ro'), options };
}

function mergeOptions(option: string, given: readonly string[]): readonly string[] {
  const merged = new Map(DEFAULTS.map((flag) => [flag, flag]));
  for (const item of given) {
    const at = item.indexOf('=');
    const name = at < 0 ? item : item.slice(0, at);
    const value = at < 0 ? undefined : item.slice(at + 1);
    if (value === undefined && Object.hasOwn(OPPOSITES, name)) merged.delete(OPPOSITES[name] ?? '');
    merged.set(name, checked(option, item, name, value));
  }
  return [...merged.values()];
}

function checked(option: string, item: string, name: string, value: string | undefined): string {
  if (value === undefined && Object.hasOwn(OPPOSITES, name)) return item;
  if (name === 'size' && value !== undefined) return `size=${sizeText(option, value)}`;
  const form = Object.hasOwn(VALUES, name) ? VALUES[name] : undefined;
  if (value !== undefined && form?.test(value) === true) return item;
  const allowed = `mount options of tmpfs: size=, ${Object.keys(VALUES).join('=, ')}=, exec, suid, dev, ro`;
  return refuse(option, item, allowed);
}

// A share of memory is the kernel's own notation.
function sizeText(option: string, value: string): string {
  return /^\d{1,3}%$/.test(value) ? value : String(parseSize(option, value));
}

function readMode(option: string, value: unknown): string {
  const allowed = "permission bits such as 0o700 or '1777'";
  if (typeof value !== 'string') return asInteger(option, value, 0, 0o7777, allowed).toString(8);
  return /^0?[0-7]{3,4}$/.test(value) ? value : refuse(option, value, allowed);
}
