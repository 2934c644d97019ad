// SPDX-License-Identifier: Apache-2.0
// Weights and rates of block devices.

import { asArray, asInteger, asObject, asText, refuse } from '../../check.js';
import { parseSize, type Size } from '../../units.js';

/** `{ path: '/dev/sda', rate: '1m' }` or `'/dev/sda:1m'`. */
export type DeviceRate = string | { readonly path: string; readonly rate: Size };

/** `{ path: '/dev/sda', weight: 500 }` or `'/dev/sda:500'`. */
export type DeviceWeight = string | { readonly path: string; readonly weight: number };

export interface BlockIoOptions {
  /** Weight of all block I/O against other containers, 10 to 1000; 0 is the default. Docker: `--blkio-weight`. */
  blkioWeight?: number;
  /** Weights of single block devices, 10 to 1000. Docker: `--blkio-weight-device`. */
  blkioWeightDevice?: readonly DeviceWeight[];
  /** Most bytes a second read from a block device. Docker: `--device-read-bps`. */
  deviceReadBps?: readonly DeviceRate[];
  /** Most bytes a second written to a block device. Docker: `--device-write-bps`. */
  deviceWriteBps?: readonly DeviceRate[];
  /** Most reads a second from a block device. Docker: `--device-read-iops`. */
  deviceReadIops?: readonly DeviceRate[];
  /** Most writes a second to a block device. Docker: `--device-write-iops`. */
  deviceWriteIops?: readonly DeviceRate[];
}

export interface DeviceValue {
  path: string;
  value: number;
}

export interface NormalisedBlockIo {
  blkioWeight: number | undefined;
  blkioWeightDevice: readonly DeviceValue[];
  deviceReadBps: readonly DeviceValue[];
  deviceWriteBps: readonly DeviceValue[];
  deviceReadIops: readonly DeviceValue[];
  deviceWriteIops: readonly DeviceValue[];
}

const NONE: readonly DeviceValue[] = [];

export function normaliseBlockIo(options: BlockIoOptions): NormalisedBlockIo {
  const weight = options.blkioWeight;
  return {
    blkioWeight: weight === undefined || weight === 0 ? undefined : asWeight('blkioWeight', weight),
    blkioWeightDevice: readAll('blkioWeightDevice', options.blkioWeightDevice, 'weight', asWeight),
    deviceReadBps: readAll('deviceReadBps', options.deviceReadBps, 'rate', asBytes),
    deviceWriteBps: readAll('deviceWriteBps', options.deviceWriteBps, 'rate', asBytes),
    deviceReadIops: readAll('deviceReadIops', options.deviceReadIops, 'rate', asCount),
    deviceWriteIops: readAll('deviceWriteIops', options.deviceWriteIops, 'rate', asCount),
  };
}

type Read = (option: string, value: unknown) => number;

function readAll(option: string, list: unknown, field: string, read: Read): readonly DeviceValue[] {
  if (list === undefined) return NONE;
  const items = asArray(option, list, `a list of '/dev/x:${field}' or { path, ${field} }`);
  return items.map((item, index) => readOne(`${option}[${index}]`, item, field, read));
}

function readOne(option: string, item: unknown, field: string, read: Read): DeviceValue {
  if (typeof item !== 'string') {
    const given = asObject(option, item, ['path', field]);
    const path = devicePath(option, given.path);
    return { path, value: read(`${option}.${field}`, given[field]) };
  }
  const at = item.lastIndexOf(':');
  if (at < 0) return refuse(option, item, `'/dev/x:${field}'`);
  const text = item.slice(at + 1);
  const value = /^\d+$/.test(text) ? Number(text) : text;
  return { path: devicePath(option, item.slice(0, at)), value: read(option, value) };
}

function devicePath(option: string, value: unknown): string {
  const path = asText(option, value, 'a path below /dev/');
  return path.startsWith('/dev/') ? path : refuse(option, value, 'a path below /dev/');
}

function asWeight(option: string, value: unknown): number {
  return asInteger(option, value, 10, 1000);
}

function asCount(option: string, value: unknown): number {
  return asInteger(option, value, 1, Number.MAX_SAFE_INTEGER, 'a whole number of 1 or more');
}

function asBytes(option: string, value: unknown): number {
  const bytes = parseSize(option, value);
  return bytes > 0 ? bytes : refuse(option, value, 'more than 0 bytes a second');
}
