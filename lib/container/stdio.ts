// SPDX-License-Identifier: Apache-2.0
// The three descriptors a process starts with, and our ends of them.
import { fchownSync } from 'node:fs';
import { fromNative, isSlipwayError, type NativeFailure, SlipwayError } from '../errors.js';
import { failPoint } from '../failpoint.js';
import { loadNative } from '../native.js';
import type { Linux, LinuxIdMapping } from '../spec/types.js';
import { Input } from '../stream/input.js';
import { Output } from '../stream/output.js';
import type { StdioOption } from './options.js';

export interface StdioChoice {
  readonly stdin: StdioOption;
  readonly stdout: StdioOption;
  readonly stderr: StdioOption;
  readonly tty: boolean;
}

export interface OpenStdio {
  /** For the process: stdin, stdout, stderr; none with a terminal. */
  readonly fds: readonly number[];
  /** Which of 0, 1, 2 are pipes made here. */
  readonly ownPipes: readonly number[];
  readonly stdin: Input | null;
  readonly stdout: Output | null;
  readonly stderr: Output | null;
  /** Closes the process's ends, once they were sent. */
  sent(): void;
  /** Closes everything, when nothing was started. */
  abandon(): void;
}

/** `linux` has the user namespace of the process, if it is its own. */
export function openStdio(choice: StdioChoice, linux?: Linux): OpenStdio {
  const theirs: number[] = [];
  const fds: number[] = [];
  const ours: (Input | Output)[] = [];
  const open = (option: StdioOption, own: number): Input | Output | null => {
    if (option === 'inherit' || typeof option === 'number') {
      fds.push(option === 'inherit' ? own : option);
      return null;
    }
    if (option === 'ignore') {
      fds.push(keep(theirs, loadNative().native.openNull()));
      return null;
    }
    const pipe = loadNative().native.pipe(own === 0 ? 'write' : 'read');
    fds.push(keep(theirs, pipe.theirs));
    const stream = own === 0 ? new Input(pipe.ours) : new Output(pipe.ours);
    ours.push(stream);
    giveToRoot(pipe.theirs, linux);
    failPoint('start', 'open stdio');
    return stream;
  };
  const closeTheirs = () => {
    for (const fd of theirs.splice(0)) loadNative().native.close(fd);
  };
  if (choice.tty) {
    return {
      fds,
      ownPipes: [],
      stdin: null,
      stdout: null,
      stderr: null,
      sent: () => {},
      abandon: () => {},
    };
  }
  const abandon = () => {
    closeTheirs();
    for (const stream of ours) stream.destroy();
  };
  try {
    const stdin = open(choice.stdin, 0) as Input | null;
    const stdout = open(choice.stdout, 1) as Output | null;
    const stderr = open(choice.stderr, 2) as Output | null;
    return { fds, ownPipes: pipesOf(choice), stdin, stdout, stderr, sent: closeTheirs, abandon };
  } catch (error) {
    abandon();
    throw isSlipwayError(error) ? error : fromNative(error as NativeFailure);
  }
}

// A pipe of a user who is not mapped can be used, but not opened by its name, as
// /dev/stdout is by programs that log there, nor be given to another user inside.
function giveToRoot(pipe: number, linux: Linux | undefined): void {
  const uid = rootOf(linux?.uidMappings);
  const gid = rootOf(linux?.gidMappings);
  if (uid !== undefined && gid !== undefined) fchownSync(pipe, uid, gid);
}

function rootOf(mappings: readonly LinuxIdMapping[] = []): number | undefined {
  return mappings.find(({ containerID }) => containerID === 0)?.hostID;
}

function pipesOf({ stdin, stdout, stderr }: StdioChoice): number[] {
  return [stdin, stdout, stderr].flatMap((option, fd) => (option === 'pipe' ? [fd] : []));
}

function keep(list: number[], fd: number): number {
  list.push(fd);
  return fd;
}

/** The engine's ends of a terminal: two descriptors of the same one. */
export function openTerminal(fds: readonly number[]): { stdin: Input; stdout: Output } {
  const [reading, writing] = fds;
  if (reading === undefined || writing === undefined) throw new Error('no terminal was sent');
  return { stdin: new Input(writing), stdout: new Output(reading, true) };
}

export function refuseNoTerminal(): never {
  throw new SlipwayError('there is no terminal (hint: start it with tty: true)', {
    code: 'ERR_STATE_CONFLICT',
    hint: 'start it with tty: true',
  });
}

/** Does nothing once both ends are closed: there is nobody to tell the size. */
export function resizeTerminal(
  terminal: { stdin: Input | null; stdout: Output | null },
  rows: number,
  columns: number,
): void {
  const fd = terminal.stdout?.fd ?? terminal.stdin?.fd;
  if (fd !== undefined) loadNative().native.resize(fd, rows, columns);
}
