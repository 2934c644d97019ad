// SPDX-License-Identifier: Apache-2.0
// `slipway image import`.
import { type Engine, Image } from '../../index.js';
import type { Call, Command } from '../command.js';
import { row } from '../flags/flag.js';
import { readInstructions } from '../image/instructions.js';
import { ProgressLine } from '../image/progress.js';
import { withEngine } from '../image/with-engine.js';
import { print } from '../output.js';
import { PlainError } from '../usage-error.js';

export const importCommand: Command = {
  usage: '[OPTIONS] FILE|FOLDER|- [REPOSITORY[:TAG]]',
  about:
    'Make an image of one layer from a tar archive, plain or compressed, or a folder.\nFor - the archive is read from standard input.',
  flags: [
    row('change', 'list', 'Apply Dockerfile instruction to the created image', { short: 'c' }),
    row('message', 'string', 'Set commit message for imported image', { short: 'm' }),
  ],
  min: 1,
  max: 2,
  interspersed: true,
  examples: [
    ["slipway import rootfs.tar.gz base:1 -c 'CMD [\"sh\"]' -c 'ENV LANG=C.UTF-8'", 'An archive'],
    ['tar -C rootfs -c . | slipway import - base', 'What another program writes'],
    ['docker export box | slipway import - box', 'The files of a container of Docker'],
  ],
  run: (call) => withEngine(call.globals, (engine) => importImage(call, engine)),
};

async function importImage({ values, args }: Call, engine: Engine): Promise<number> {
  const [source = '', tag] = args;
  const message = values.text('message') ?? '';
  if (/^https?:\/\//.test(source)) {
    throw new PlainError(
      `${source}: downloads are not available yet (hint: curl -L ${source} | slipway import -)`,
      1,
    );
  }
  const stop = new AbortController();
  const onSignal = (name: NodeJS.Signals) => stop.abort(name);
  const progress = new ProgressLine();
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  try {
    const image = await Image.import(source === '-' ? process.stdin : source, {
      engine,
      changes: readInstructions(values.list('change')),
      signal: stop.signal,
      onProgress: progress.update,
      ...(tag !== undefined && { tag }),
      ...(message !== '' && { message }),
    });
    progress.clear();
    print(image.id);
    return 0;
  } finally {
    progress.clear();
  }
}
