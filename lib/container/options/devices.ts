// SPDX-License-Identifier: Apache-2.0
// Devices of the host that a container sees, and rules of the devices cgroup.

import { asAbsolutePath, asArray, asObject, asTextList, refuse } from '../../check.js';
import type { LinuxDeviceCgroup } from '../../spec/types.js';

/** `{ hostPath: '/dev/x' }` or `'/dev/x[:/dev/y][:rwm]'`. */
export type DeviceOption =
  | string
  | {
      readonly hostPath: string;
      readonly containerPath?: string;
      /** Any of `r`, `w` and `m`. Default: `'rwm'`. */
      readonly permissions?: string;
    };

export interface DeviceOptions {
  /** Devices of the host, or directories of them. Docker: `docker run --device`. */
  devices?: readonly DeviceOption[];
  /** More that the devices cgroup allows, such as `'c 10:200 rwm'`, `*` for any number. Docker: `--device-cgroup-rule`. */
  deviceCgroupRules?: readonly string[];
}

export interface NormalisedDevice {
  option: string;
  hostPath: string;
  containerPath: string;
  permissions: string;
}

export interface NormalisedDevices {
  devices: readonly NormalisedDevice[];
  deviceCgroupRules: readonly LinuxDeviceCgroup[];
}

const NO_DEVICES: readonly NormalisedDevice[] = [];
const NO_RULES: readonly LinuxDeviceCgroup[] = [];
const PERMISSIONS = /^(?!.*(.).*\1)[rwm]{1,3}$/;
const RULE = /^([acb]) (\d{1,7}|\*):(\d{1,7}|\*) ([rwm]{1,3})$/;
const SHAPE = "'/dev/x', '/dev/x:/dev/y' or '/dev/x:/dev/y:rwm'";

export function normaliseDevices(options: DeviceOptions): NormalisedDevices {
  const { devices, deviceCgroupRules: rules } = options;
  return {
    devices: devices === undefined ? NO_DEVICES : readDevices(devices),
    deviceCgroupRules: rules === undefined ? NO_RULES : readRules(rules),
  };
}

function readDevices(value: unknown): readonly NormalisedDevice[] {
  return asArray('devices', value, `a list of ${SHAPE}`).map((item, index) => {
    const option = `devices[${index}]`;
    if (typeof item === 'string') return readText(option, item);
    const given = asObject(option, item, ['hostPath', 'containerPath', 'permissions']);
    return device(option, given.hostPath, given.containerPath, given.permissions);
  });
}

// As in Docker, a second part that is no path is the permissions.
function readText(option: string, text: string): NormalisedDevice {
  const parts = text.split(':');
  if (parts.length > 3) return refuse(option, text, SHAPE);
  const [hostPath, second, third] = parts;
  const short = parts.length === 2 && second !== undefined && PERMISSIONS.test(second);
  return short
    ? device(option, hostPath, undefined, second)
    : device(option, hostPath, second, third);
}

function device(option: string, host: unknown, path: unknown, access: unknown): NormalisedDevice {
  const hostPath = asAbsolutePath(option, host);
  const permissions = access ?? 'rwm';
  if (typeof permissions !== 'string' || !PERMISSIONS.test(permissions)) {
    return refuse(option, permissions, "permissions of 'r', 'w' and 'm'");
  }
  const containerPath = path === undefined ? hostPath : asAbsolutePath(option, path);
  return { option, hostPath, containerPath, permissions };
}

function readRules(value: unknown): readonly LinuxDeviceCgroup[] {
  const allowed = "a list of rules such as 'c 10:200 rwm'";
  return asTextList('deviceCgroupRules', value, allowed).map((text, index) => {
    const match = RULE.exec(text);
    if (match === null) {
      return refuse(
        `deviceCgroupRules[${index}]`,
        text,
        "'type major:minor access', as 'c 1:* rwm'",
      );
    }
    const [, type, major, minor, access = ''] = match;
    return {
      allow: true,
      type: type as 'a' | 'c' | 'b',
      ...(major === '*' ? {} : { major: Number(major) }),
      ...(minor === '*' ? {} : { minor: Number(minor) }),
      access,
    };
  });
}
