// SPDX-License-Identifier: Apache-2.0
// The syntax of users and groups. Whether a name exists only the image knows,
// so a name is handed on; a number is a number, whatever the image's files say.
import { refuse } from '../check.js';

const MAX_ID = 2 ** 31 - 1; // Docker's bound; ids above it are negative to some file systems.

/** Checks `user`, `user:group` and the range of ids. Either part may be empty. */
export function readUser(option: string, value: unknown): string {
  const text = Number.isSafeInteger(value) ? String(value) : value;
  const allowed = `'name', 'uid', 'name:group' or 'uid:gid' with ids from 0 to ${MAX_ID}`;
  if (typeof text !== 'string') return refuse(option, value, allowed);
  const parts = text.split(':');
  return parts.length <= 2 && parts.every(isNameOrId) ? text : refuse(option, value, allowed);
}

/** Checks a group name or gid. */
export function readGroup(option: string, value: unknown): string {
  const text = Number.isSafeInteger(value) ? String(value) : value;
  const named = typeof text === 'string' && text !== '' && !text.includes(':');
  if (named && isNameOrId(text)) return text;
  return refuse(option, value, `a group name or a gid from 0 to ${MAX_ID}`);
}

// What starts like a number but is none is left to the image's files, which
// may well hold a user `1st`; signs and fractions are slips.
function isNameOrId(part: string): boolean {
  if (/^\d+$/.test(part)) return Number(part) <= MAX_ID;
  return !/[\s\0/]/.test(part) && !/^[-+]/.test(part) && !/^\d+\.\d*$/.test(part);
}
