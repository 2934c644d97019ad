// SPDX-License-Identifier: Apache-2.0
// `slipway image tag`.
import { Image } from '../../index.js';
import type { Command } from '../command.js';
import { withEngine } from '../image/with-engine.js';

export const tag: Command = {
  usage: 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]',
  about: 'Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE',
  flags: [],
  min: 2,
  max: 2,
  interspersed: true,
  examples: [['slipway tag base:1 base:latest', 'Give the image base:1 one more name']],
  run({ args, globals }) {
    const [source = '', target = ''] = args;
    return withEngine(globals, async (engine) => {
      const image = await Image.get(source, { engine });
      await image.tag(target);
      return 0;
    });
  },
};
