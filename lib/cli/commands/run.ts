// SPDX-License-Identifier: Apache-2.0
// `slipway run`.
import type { Command } from '../command.js';
import { RUN_FLAGS } from '../run/flags.js';
import { readRequest } from '../run/request.js';
import { UNAVAILABLE_FLAGS } from '../run/unavailable.js';

const later = UNAVAILABLE_FLAGS.map(({ name }) => `--${name}`).join(' ');

export const run: Command = {
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  about:
    'Create and run a new container from an image.\n\nThe container lives as long as this command, which exits with its exit code:\n125 when the container could not be made, 126 when COMMAND cannot be executed,\n127 when it is not there, 128+n when signal n ended it.',
  flags: RUN_FLAGS,
  hidden: UNAVAILABLE_FLAGS,
  min: 1,
  max: Number.POSITIVE_INFINITY,
  interspersed: false,
  failureCode: 125,
  examples: [
    ['slipway run host id', "Run one of this machine's programs in a container of its own"],
    ['slipway run -it host bash', 'A shell on a terminal'],
    [
      'slipway run -m 256m --cpus 1.5 --pids-limit 128 host make test',
      'Limit memory, processors and processes',
    ],
    [
      'slipway run -v "$PWD:/src" -w /src --user 1000:1000 host make',
      'Work on a directory of the host',
    ],
    [
      'slipway run --read-only --tmpfs /tmp:size=64m --cap-drop ALL host python3 job.py',
      'A tight sandbox',
    ],
    ['tar c . | slipway run -i base tar t', 'Hand standard input on'],
  ],
  notes: [
    'COMMAND is process 1 of its container, which ignores the signals that it does not\nhandle; with --init it is not.',
    `Flags of Docker that are not available yet:\n${fold(later)}`,
  ],
  async run({ values, args, globals }) {
    const request = readRequest(values, args);
    const { runSession } = await import('../run/session.js');
    return runSession(request, globals.root);
  },
};

function fold(text: string): string {
  return text.replaceAll(/(.{1,76})(?: |$)/g, '  $1\n').trimEnd();
}
