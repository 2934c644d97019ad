// SPDX-License-Identifier: Apache-2.0
// A configuration as JSON text.
import { type Process, RLIM_INFINITY, type Spec } from './types.js';

const ROUNDED = JSON.stringify(RLIM_INFINITY);
// A quote inside a JSON text has a backslash before it, so only a key matches.
const UNLIMITED = new RegExp(`"(hard|soft)":${ROUNDED}\\b`, 'g');

/** JSON of a configuration or process, with the one number that JavaScript cannot hold. */
export function stringifySpec(value: Spec | Process): string {
  const text = JSON.stringify(value);
  return text.includes(ROUNDED) ? text.replace(UNLIMITED, '"$1":18446744073709551615') : text;
}
