// SPDX-License-Identifier: Apache-2.0
// A configuration as JSON text.
import { type LinuxCapabilities, type Process, RLIM_INFINITY, type Spec } from './types.js';

const ROUNDED = JSON.stringify(RLIM_INFINITY);
// A quote inside a JSON text has a backslash before it, so only a key matches.
const UNLIMITED = new RegExp(`"(hard|soft)":${ROUNDED}\\b`, 'g');

// Those of a container are the same object in each of its execs.
const known = new WeakMap<LinuxCapabilities, string>();

function capabilitiesText(capabilities: LinuxCapabilities): string {
  const text = known.get(capabilities) ?? JSON.stringify(capabilities);
  known.set(capabilities, text);
  return text;
}

/** JSON of the process of an exec, as {@link stringifySpec}. */
export function stringifyProcess({ capabilities, ...rest }: Process): string {
  const text = stringifySpec(rest);
  if (capabilities === undefined) return text;
  return `{"capabilities":${capabilitiesText(capabilities)},${text.slice(1)}`;
}

/** JSON of a configuration or process, with the one number that JavaScript cannot hold. */
export function stringifySpec(value: Spec | Process): string {
  const text = JSON.stringify(value);
  return text.includes(ROUNDED) ? text.replace(UNLIMITED, '"$1":18446744073709551615') : text;
}
