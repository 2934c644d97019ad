// SPDX-License-Identifier: Apache-2.0
// `slipway image inspect`.
import { Image, NotFoundError } from '../../index.js';
import type { Command } from '../command.js';
import { tellError } from '../failure.js';
import { row } from '../flags/flag.js';
import { Template } from '../format/template.js';
import { withEngine } from '../image/with-engine.js';
import { print } from '../output.js';

export const inspect: Command = {
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  about: 'Display detailed information on one or more images',
  flags: [
    row('format', 'string', "'json', or a Go template for each image, such as '{{.Id}}'", {
      short: 'f',
    }),
  ],
  min: 1,
  max: Number.POSITIVE_INFINITY,
  interspersed: true,
  examples: [
    ['slipway image inspect base', 'All that is known of an image, as JSON'],
    ["slipway image inspect -f '{{json .Config.Env}}' base", 'One part of it'],
  ],
  run({ values, args, globals }) {
    const format = values.text('format') ?? '';
    const template = format === '' || format === 'json' ? undefined : new Template(format);
    return withEngine(globals, async (engine) => {
      const found: object[] = [];
      const missing: NotFoundError[] = [];
      for (const reference of args) {
        try {
          found.push(describe(await Image.get(reference, { engine })));
        } catch (error) {
          if (!(error instanceof NotFoundError)) throw error;
          missing.push(error);
        }
      }
      if (template !== undefined) for (const image of found) print(template.render(image));
      else print(JSON.stringify(found, null, format === 'json' ? undefined : 4));
      for (const error of missing) tellError(error, globals);
      return missing.length === 0 ? 0 : 1;
    });
  },
};

function describe(image: Image): object {
  const { document } = image;
  return {
    Id: image.id,
    RepoTags: image.tags,
    RepoDigests: [],
    Comment: document.history?.at(-1)?.comment ?? '',
    Created: document.created ?? '',
    Config: document.config,
    Architecture: document.architecture,
    ...(document.variant !== undefined && { Variant: document.variant }),
    Os: document.os,
    Size: image.size,
    RootFS: { Type: document.rootfs.type, Layers: document.rootfs.diff_ids },
  };
}
