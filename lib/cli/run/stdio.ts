// SPDX-License-Identifier: Apache-2.0
// Which of our descriptors the container gets itself, and which are copied.
import { constants, fstatSync, readFileSync, readlinkSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { StdioOption } from '../../container/options.js';
import type { Attached } from './request.js';

export interface StdioPlan {
  readonly stdin: StdioOption;
  readonly stdout: StdioOption;
  readonly stderr: StdioOption;
}

export function planStdio(attached: Attached): StdioPlan {
  return {
    stdin: attached.stdin ? choose(0) : 'ignore',
    stdout: attached.stdout ? choose(1) : 'ignore',
    stderr: attached.stderr ? choose(2) : 'ignore',
  };
}

// A file or an own pipe can be handed on. A terminal cannot: the container could
// set its modes, and its programs would take themselves to be on one without
// --tty. Nor a socket, which /dev/stdout cannot open, nor a pipe of another
// user's or with a name, whose owner the start of a container would change, nor
// one that does not block: few programs know what to do then.
function choose(fd: number): StdioOption {
  if (isatty(fd)) return 'pipe';
  const status = fstatSync(fd);
  if (status.isFile()) return 'inherit';
  if (status.isCharacterDevice()) return isNull(fd) ? 'inherit' : 'pipe';
  const own = status.isFIFO() && status.uid === process.geteuid?.() && !hasName(fd);
  return own && blocks(fd) ? 'inherit' : 'pipe';
}

function isNull(fd: number): boolean {
  return readlinkSync(`/proc/self/fd/${fd}`) === '/dev/null';
}

function hasName(fd: number): boolean {
  return !readlinkSync(`/proc/self/fd/${fd}`).startsWith('pipe:');
}

function blocks(fd: number): boolean {
  const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'));
  return (Number.parseInt(flags?.[1] ?? '0', 8) & constants.O_NONBLOCK) === 0;
}
