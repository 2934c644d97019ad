// SPDX-License-Identifier: Apache-2.0
// `slipway image rm`.
import { type Engine, Image } from '../../index.js';
import type { Command, Globals } from '../command.js';
import { tellError } from '../failure.js';
import { row } from '../flags/flag.js';
import { withEngine } from '../image/with-engine.js';
import { print } from '../output.js';

export const remove: Command = {
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  about: 'Remove one or more images',
  flags: [
    row('force', 'bool', 'Force removal of the image', { short: 'f' }),
    row('no-prune', 'bool', 'Do not delete untagged parents; images here have none'),
  ],
  min: 1,
  max: Number.POSITIVE_INFINITY,
  interspersed: true,
  examples: [
    ['slipway rmi base:1', 'Take a name away, and the image with its last name'],
    ['slipway rmi $(slipway images -q)', 'Remove all images'],
  ],
  run({ values, args, globals }) {
    const force = values.bool('force');
    return withEngine(globals, async (engine) => {
      let code = 0;
      for (const reference of new Set(args)) {
        if (!(await removeOne(reference, { engine, force }, globals))) code = 1;
      }
      return code;
    });
  },
};

// The others go on when one cannot be removed.
async function removeOne(
  reference: string,
  options: { engine: Engine; force: boolean },
  globals: Globals,
): Promise<boolean> {
  try {
    const { untagged, deleted } = await Image.remove(reference, options);
    for (const name of untagged) print(`Untagged: ${name}`);
    if (deleted !== undefined) print(`Deleted: ${deleted}`);
    return true;
  } catch (error) {
    const isMissing = (error as { code?: string }).code === 'ERR_IMAGE_NOT_FOUND';
    tellError(error, globals);
    return isMissing && options.force;
  }
}
