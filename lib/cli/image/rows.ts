// SPDX-License-Identifier: Apache-2.0
// Images as rows of a list, one for each name.
import type { Image } from '../../index.js';
import type { Row, Titles } from '../format/table.js';
import { agoText, sizeText, timeText } from '../format/words.js';

const NONE = '<none>';
const SHORT_ID = 12;

export const IMAGE_TITLES: Titles = {
  Repository: 'REPOSITORY',
  Tag: 'TAG',
  Digest: 'DIGEST',
  ID: 'IMAGE ID',
  CreatedSince: 'CREATED',
  CreatedAt: 'CREATED AT',
  Size: 'SIZE',
};

export interface RowOptions {
  readonly whole: boolean;
  /** Of the repository, with its tag or without; all when absent. */
  readonly only: string | undefined;
  readonly now: Date;
}

export function imageRows(images: readonly Image[], options: RowOptions): Row[] {
  return images.flatMap((image) => {
    const names = image.tags.length === 0 ? [[NONE, NONE] as const] : image.tags.map(splitTag);
    const wanted = names.filter(([repository, tag]) => matches(repository, tag, options.only));
    return wanted.map(([Repository, Tag]) => ({ Repository, Tag, ...restOf(image, options) }));
  });
}

function restOf(image: Image, { whole, now }: RowOptions): Row {
  return {
    Digest: NONE,
    ID: whole ? image.id : image.id.slice('sha256:'.length).slice(0, SHORT_ID),
    CreatedSince: image.created === undefined ? 'N/A' : agoText(image.created, now),
    CreatedAt: image.created === undefined ? 'N/A' : timeText(image.created),
    Size: sizeText(image.size),
  };
}

// A colon before the last slash is that of a port.
function splitTag(name: string): readonly [repository: string, tag: string] {
  const colon = name.lastIndexOf(':');
  if (colon < 0 || colon < name.lastIndexOf('/')) return [name, NONE];
  return [name.slice(0, colon), name.slice(colon + 1)];
}

function matches(repository: string, tag: string, only: string | undefined): boolean {
  return only === undefined || only === repository || only === `${repository}:${tag}`;
}
