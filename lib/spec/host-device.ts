// SPDX-License-Identifier: Apache-2.0
// Device files of the host, looked at when an option names them.
import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs';
import { refuse } from '../check.js';
import type { LinuxDevice } from './types.js';

// The container has its own of these.
const OWN = new Set([
  'console',
  'fd',
  'full',
  'mqueue',
  'null',
  'ptmx',
  'pts',
  'random',
  'shm',
  'tty',
  'urandom',
  'zero',
]);

/** The device at `path`, or all in it when it is a directory, below `target` in the container. */
export function hostDevices(option: string, path: string, target: string): LinuxDevice[] {
  let stat: Stats;
  try {
    stat = statSync(path);
  } catch (error) {
    return refuse(option, path, 'a device of the host', String(error));
  }
  if (stat.isDirectory()) return devicesBelow(path, target, () => true);
  return isDevice(stat) ? [describe(stat, target)] : refuse(option, path, 'a device');
}

/** Every device of the machine but those that each container has of its own. */
export function allHostDevices(): LinuxDevice[] {
  return devicesBelow('/dev', '/dev', (name) => !OWN.has(name) && !name.startsWith('.'));
}

/** Numbers of a block device, for limits on it. */
export function blockDevice(option: string, path: string): { major: number; minor: number } {
  const device = hostDevices(option, path, path)[0];
  if (device?.type !== 'b') return refuse(option, path, 'a block device');
  return { major: device.major ?? 0, minor: device.minor ?? 0 };
}

function devicesBelow(path: string, target: string, wanted: (name: string) => boolean) {
  const devices: LinuxDevice[] = [];
  for (const item of readdirSync(path, { withFileTypes: true })) {
    if (!wanted(item.name)) continue;
    devices.push(...devicesAt(item, `${path}/${item.name}`, `${target}/${item.name}`));
  }
  return devices;
}

function devicesAt(item: Dirent, path: string, target: string): LinuxDevice[] {
  if (item.isDirectory()) return devicesBelow(path, target, () => true);
  if (!item.isCharacterDevice() && !item.isBlockDevice()) return [];
  // Devices come and go; one that went since it was listed is not there.
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && isDevice(stat) ? [describe(stat, target)] : [];
}

function isDevice(stat: Stats): boolean {
  return stat.isCharacterDevice() || stat.isBlockDevice();
}

function describe(stat: Stats, path: string): LinuxDevice {
  return {
    type: stat.isBlockDevice() ? 'b' : 'c',
    path,
    major: majorOf(stat.rdev),
    minor: minorOf(stat.rdev),
    fileMode: stat.mode & 0o777,
    uid: stat.uid,
    gid: stat.gid,
  };
}

// The encoding of dev_t in glibc; Node has no call for it. Numbers above 32
// bits are beyond the operators.
export function majorOf(rdev: number): number {
  return Math.floor(rdev / 2 ** 8) % 2 ** 12;
}

export function minorOf(rdev: number): number {
  return (rdev % 2 ** 8) + (Math.floor(rdev / 2 ** 20) % 2 ** 12) * 2 ** 8;
}
