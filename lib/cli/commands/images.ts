// SPDX-License-Identifier: Apache-2.0
// `slipway image ls`.
import { Image } from '../../index.js';
import type { Call, Command } from '../command.js';
import { row } from '../flags/flag.js';
import { formatRows } from '../format/table.js';
import { filterImages } from '../image/filter.js';
import { IMAGE_TITLES, imageRows } from '../image/rows.js';
import { withEngine } from '../image/with-engine.js';
import { print } from '../output.js';

const COLUMNS = ['Repository', 'Tag', 'ID', 'CreatedSince', 'Size'];
const DIGEST_COLUMNS = ['Repository', 'Tag', 'Digest', 'ID', 'CreatedSince', 'Size'];

export const images: Command = {
  usage: '[OPTIONS] [REPOSITORY[:TAG]]',
  about: 'List images',
  flags: [
    row('all', 'bool', 'Show all images; none are hidden', { short: 'a' }),
    row('digests', 'bool', 'Show digests'),
    row('filter', 'list', 'Only images with dangling=, label= or reference= such a value', {
      short: 'f',
    }),
    row('format', 'string', "'table', 'table TEMPLATE', 'json' or a Go template for each image"),
    row('no-trunc', 'bool', "Don't truncate output"),
    row('quiet', 'bool', 'Only show image IDs', { short: 'q' }),
  ],
  min: 0,
  max: 1,
  interspersed: true,
  examples: [
    ['slipway images', 'All images, newest first'],
    ["slipway images --format '{{.Repository}}:{{.Tag}} {{.Size}}'", 'Names and sizes'],
    ['slipway images -q -f dangling=true', 'The IDs of images without a name'],
  ],
  notes: ['The embedded image "host" is there without being listed.'],
  run: (call) =>
    withEngine(call.globals, async (engine) => {
      const found = await Image.list({ engine });
      for (const line of linesOf(found, call)) print(line);
      return 0;
    }),
};

function linesOf(found: readonly Image[], { values, args }: Call): readonly string[] {
  const format = values.text('format') ?? '';
  const options = { whole: values.bool('no-trunc'), only: args[0], now: new Date() };
  const rows = imageRows(filterImages(found, values.list('filter')), options);
  if (values.bool('quiet') && format === '') return rows.map(({ ID }) => String(ID));
  const columns = values.bool('digests') ? DIGEST_COLUMNS : COLUMNS;
  return formatRows(rows, IMAGE_TITLES, columns, format);
}
