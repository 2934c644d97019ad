// SPDX-License-Identifier: Apache-2.0
// What an archive says of each of its files, and what test/fixtures/debian/tree.py
// says of the files that came of it, in one form.
import { createReadStream } from 'node:fs';
import { extract, type Header } from 'tar-stream';

export interface TreeEntry {
  type: string;
  mode: number;
  uid: number;
  gid: number;
  /** 0 for all but files. */
  size: number;
  /** Whole seconds. */
  mtime: number;
  /** Of a symbolic link. */
  target: string;
}

export type Tree = Map<string, TreeEntry>;

function entryOf(header: Header): TreeEntry {
  const { type, mode = 0, uid = 0, gid = 0, size = 0, linkname, pax } = header;
  const extended = pax as Record<string, string> | null | undefined;
  const seconds = extended?.['mtime'] ?? (header.mtime?.getTime() ?? 0) / 1000;
  return {
    type: type ?? 'file',
    mode: type === 'symlink' ? 0o777 : mode & 0o7777,
    uid,
    gid,
    size: type === 'file' ? size : 0,
    mtime: Math.floor(Number(seconds)),
    target: type === 'symlink' ? (linkname ?? '') : '',
  };
}

const cleanPath = (name: string) => `/${name.replace(/^\.?\//, '').replace(/\/$/, '')}`;

/** All entries of an archive; a hard link is what it leads to. */
export async function tarListing(path: string): Promise<Tree> {
  const tree: Tree = new Map();
  const links: [path: string, target: string][] = [];
  const tar = createReadStream(path).pipe(extract());
  for await (const entry of tar) {
    const { name, type, linkname } = entry.header;
    if (type === 'link') links.push([cleanPath(name), cleanPath(linkname ?? '')]);
    else tree.set(cleanPath(name), entryOf(entry.header));
    entry.resume();
  }
  for (const [name, target] of links) {
    const found = tree.get(target);
    if (found === undefined) throw new Error(`${name}: a hard link to nothing, ${target}`);
    tree.set(name, found);
  }
  return tree;
}

/** The output of tree.py. */
export function readTree(text: string): Tree {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [type = '', mode, uid, gid, size, mtime, path = '', target = ''] = line.split('\t');
      const numbers = { mode: Number(mode), uid: Number(uid), gid: Number(gid) };
      return [path, { type, ...numbers, size: Number(size), mtime: Number(mtime), target }];
    }),
  );
}
