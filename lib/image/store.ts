// SPDX-License-Identifier: Apache-2.0
// Images on disk, shared by any number of processes:
//   images/<id>.json     the OCI configuration; its digest is the id; flock: shared by
//                        who has containers of it, exclusive to remove it
//   images/<id>.held     the same of a removed image that a container still uses
//   images/tags.json     { full reference: id }
//   images/lock          flock: exclusive to change, shared to read more than one file
//   layers/              see layers.ts
import { closeSync, fstatSync, openSync } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NotFoundError } from '../errors.js';
import { makeFolders } from '../folders.js';
import { loadNative } from '../native.js';
import {
  chainIds,
  type Digest,
  damaged,
  digestOf,
  hexOf,
  isDigest,
  type OciImage,
  parseOciImage,
} from './config.js';
import type { ImageEngine } from './engine.js';
import { isMissing, readIfThere, syncFolder, TMP_MARK, writeDurably } from './files.js';
import { type LayerRecord, Layers } from './layers.js';
import {
  familiarReference,
  formatReference,
  type ImageReference,
  parseReference,
  withDefaultTag,
} from './reference.js';
import {
  inUseByRunning,
  inUseByStopped,
  inUseElsewhere,
  manyRepositories,
  tagInUse,
} from './removal.js';
import { claimStale, removeStale, Staging, type Stale } from './staging.js';

/** An image as the store has it. */
export interface StoredImage {
  readonly id: Digest;
  readonly document: OciImage;
  /** Familiar references, sorted. */
  readonly tags: readonly string[];
  /** Bytes of all files of all layers. */
  readonly size: number;
  /** Folders of the unpacked layers, topmost first. */
  readonly lower: readonly string[];
}

/** What a removal took away. */
export interface RemovedImage {
  readonly untagged: readonly string[];
  /** Undefined when other tags keep the image. */
  readonly deleted: Digest | undefined;
}

type Tags = Record<string, Digest>;

const IMAGE_FILE = /^([a-f0-9]{64})\.(json|held)$/;
const ID_PREFIX = /^(?:sha256:)?([a-f0-9]{1,64})$/;

export class ImageStore {
  readonly layers: Layers;
  readonly #engine: ImageEngine;
  readonly #share: (fd: number) => boolean;
  readonly #folder: string;
  #opened: Promise<void> | undefined;
  readonly #pins = new Map<Digest, number>();

  /** `share` takes a shared flock at once, or says false. */
  constructor(engine: ImageEngine, share: (fd: number) => boolean = tryShare) {
    this.#share = share;
    this.#engine = engine;
    this.#folder = join(engine.root, 'images');
    this.layers = new Layers(join(engine.root, 'layers'), engine.imageWorker);
    engine.onClose(() => {
      for (const id of [...this.#pins.keys()]) this.#unpin(id);
    });
  }

  /** Makes the folders and removes what dead processes left. Called by all else. */
  async open(): Promise<void> {
    this.#opened ??= this.#prepare();
    try {
      await this.#opened;
    } catch (error) {
      this.#opened = undefined;
      throw error;
    }
  }

  /** Newest first. A damaged image is left out, with a warning. */
  async list(): Promise<StoredImage[]> {
    return this.#locked('shared', async () => {
      const tags = await this.#readTags();
      const images: StoredImage[] = [];
      for (const id of await this.#ids('json')) {
        try {
          images.push(await this.#read(id, tags));
        } catch (error) {
          process.emitWarning(String(error), { code: 'SLIPWAY_IMAGE_DAMAGED' });
        }
      }
      const time = ({ document }: StoredImage) => Date.parse(document.created ?? '') || 0;
      return images.sort((a, b) => time(b) - time(a) || a.id.localeCompare(b.id));
    });
  }

  /** By reference, by id, or by the beginning of an id. */
  async get(text: string): Promise<StoredImage> {
    return this.#locked('shared', async () => {
      const tags = await this.#readTags();
      return this.#read((await this.#resolve(text, tags)).id, tags);
    });
  }

  /**
   * Keeps the image from being removed by others for as long as the engine is open. Called
   * before a container is started, so it does not wait.
   */
  pin(id: Digest): void {
    if (this.#pins.has(id)) return;
    const fd = openPin(this.#path(id)) ?? openPin(this.#path(id, 'held'));
    if (fd === undefined) throw missing(id);
    // Whoever removes it has the lock until the file is gone.
    if (!this.#share(fd) || fstatSync(fd).nlink === 0) {
      closeSync(fd);
      throw missing(id);
    }
    this.#pins.set(id, fd);
  }

  /** A folder to fill; its `rootfs` becomes a layer by {@link add}. */
  async stage(): Promise<Staging> {
    return this.#locked('exclusive', () => Staging.create(this.layers.folder, this.#engine));
  }

  /** Adds an image of one layer, whose files are in `rootfs` of the staging folder. */
  async add(
    document: OciImage,
    layer: LayerRecord,
    staging: Staging,
    references: readonly ImageReference[],
  ): Promise<StoredImage> {
    const text = JSON.stringify(document);
    const id = digestOf(text);
    return this.#locked('exclusive', async () => {
      await this.layers.add(layer, join(staging.path, 'rootfs'));
      await writeDurably(this.#path(id), text);
      const tags = await this.#readTags();
      await this.#setTags(tags, id, references);
      return this.#read(id, tags);
    });
  }

  async tag(id: Digest, reference: ImageReference): Promise<StoredImage> {
    return this.#locked('exclusive', async () => {
      const tags = await this.#readTags();
      if ((await readIfThere(this.#path(id))) === undefined) throw missing(id);
      await this.#setTags(tags, id, [reference]);
      return this.#read(id, tags);
    });
  }

  /**
   * A reference takes away that tag, and the image with its last one; an id takes away the
   * image and all its tags.
   */
  async remove(text: string, { force = false } = {}): Promise<RemovedImage> {
    return this.#changing(async () => {
      const tags = await this.#readTags();
      const { id, reference } = await this.#resolve(text, tags);
      if ((await readIfThere(this.#path(id))) === undefined) throw missing(text);
      const own = Object.keys(tags).filter((key) => tags[key] === id);
      const going = reference !== undefined && own.length > 1 ? [reference] : own;
      const last = going.length === own.length;
      const held = last && (await this.#mayDelete(id, reference, own, force));
      if (last) await this.#delete(id, held);
      for (const key of going) delete tags[key];
      if (going.length > 0) await this.#writeTags(tags);
      return { untagged: going.map(familiar), deleted: last ? id : undefined };
    });
  }

  /** Drops images that were removed while a container used them and that none uses now. */
  async collect(): Promise<void> {
    await this.#changing(() => this.#collect());
  }

  async #prepare(): Promise<void> {
    for (const folder of [this.#folder, this.layers.folder]) {
      makeFolders(folder, 0o700);
    }
    const stale = await this.#withLock('exclusive', async () => {
      for (const folder of [this.#folder, this.layers.folder]) await removeTmpFiles(folder);
      await this.#collect();
      return claimStale(this.layers.folder, this.#engine);
    });
    await removeStale(stale, this.#engine);
  }

  // Of an image that cannot be read nobody knows the layers, so all stay.
  async #collect(): Promise<void> {
    for (const id of await this.#ids('held')) {
      if ((await this.#engine.imageUser(id)) === undefined) await this.#erase(id, 'held');
    }
    const used = new Set<string>();
    for (const kind of ['json', 'held'] as const) {
      for (const id of await this.#ids(kind)) {
        const document = await this.#document(id, kind).catch(() => undefined);
        if (document === undefined) return;
        for (const chainId of chainIds(document.rootfs.diff_ids as Digest[])) {
          used.add(hexOf(chainId));
        }
      }
    }
    await this.layers.dropAllBut(used);
  }

  /** Throws when the image must stay; true when its layers must. */
  async #mayDelete(
    id: Digest,
    reference: string | undefined,
    own: readonly string[],
    force: boolean,
  ): Promise<boolean> {
    const user = await this.#engine.imageUser(id);
    if (user !== undefined && reference !== undefined && !force) {
      throw tagInUse(familiar(reference), id, user);
    }
    if (user?.running) throw inUseByRunning(id, user);
    const repositories = new Set(own.map((key) => key.slice(0, key.lastIndexOf(':'))));
    if (!force && repositories.size > 1) throw manyRepositories(id);
    if (!force && user !== undefined) throw inUseByStopped(id, user);
    return user !== undefined;
  }

  async #delete(id: Digest, held: boolean): Promise<void> {
    if (held) await rename(this.#path(id), this.#path(id, 'held'));
    else if (!(await this.#erase(id, 'json'))) throw inUseElsewhere(id);
    await syncFolder(this.#folder);
    await this.#collect();
  }

  // False when another process has containers of it.
  async #erase(id: Digest, kind: 'json' | 'held'): Promise<boolean> {
    this.#unpin(id);
    const file = await open(this.#path(id, kind), 'r');
    try {
      if (!(await this.#engine.fileLock.tryLock(file.fd))) return false;
      await rm(this.#path(id, kind));
      return true;
    } finally {
      await file.close();
    }
  }

  #unpin(id: Digest): void {
    const fd = this.#pins.get(id);
    if (fd !== undefined) closeSync(fd);
    this.#pins.delete(id);
  }

  async #resolve(text: string, tags: Tags): Promise<{ id: Digest; reference?: string }> {
    const whole = /^[a-f0-9]{64}$/.test(text) ? `sha256:${text}` : text;
    if (isDigest(whole)) return { id: whole };
    const prefix = ID_PREFIX.exec(text)?.[1];
    if (prefix === undefined || !text.startsWith('sha256:')) {
      const reference = formatReference(withDefaultTag(parseReference(text)));
      const id = tags[reference];
      if (id !== undefined) return { id, reference };
    }
    const ids = await this.#ids('json');
    const found = prefix === undefined ? [] : ids.filter((id) => hexOf(id).startsWith(prefix));
    const [id] = found;
    if (id === undefined || found.length > 1) throw missing(text, found.length);
    return { id };
  }

  async #read(id: Digest, tags: Tags): Promise<StoredImage> {
    const document = await this.#document(id, 'json');
    const chain = chainIds(document.rootfs.diff_ids as Digest[]).reverse();
    const layers = await Promise.all(chain.map((chainId) => this.layers.get(chainId, id)));
    const own = Object.keys(tags).filter((key) => tags[key] === id);
    return {
      id,
      document,
      tags: own.map(familiar).sort(),
      size: layers.reduce((sum, { unpacked }) => sum + unpacked.fileBytes, 0),
      lower: chain.map((chainId) => this.layers.path(chainId)),
    };
  }

  async #document(id: Digest, kind: 'json' | 'held'): Promise<OciImage> {
    const text = await readIfThere(this.#path(id, kind));
    if (text === undefined) throw missing(id);
    if (digestOf(text) !== id) throw damaged(id, 'its configuration has another digest');
    return parseOciImage(text, id);
  }

  async #ids(kind: 'json' | 'held'): Promise<Digest[]> {
    const files = (await readdir(this.#folder)).map((name) => IMAGE_FILE.exec(name));
    return files.flatMap((file) => (file?.[2] === kind ? [`sha256:${file[1]}` as const] : []));
  }

  async #setTags(tags: Tags, id: Digest, references: readonly ImageReference[]): Promise<void> {
    if (references.length === 0) return;
    for (const reference of references) tags[formatReference(withDefaultTag(reference))] = id;
    await this.#writeTags(tags);
  }

  async #readTags(): Promise<Tags> {
    const text = await readIfThere(join(this.#folder, 'tags.json'));
    const tags: Tags = Object.create(null) as Tags;
    return Object.assign(tags, text === undefined ? {} : JSON.parse(text));
  }

  #writeTags(tags: Tags): Promise<void> {
    return writeDurably(join(this.#folder, 'tags.json'), JSON.stringify(tags, null, 1));
  }

  #path(id: Digest, kind = 'json'): string {
    return join(this.#folder, `${hexOf(id)}.${kind}`);
  }

  async #locked<T>(mode: 'exclusive' | 'shared', work: () => Promise<T>): Promise<T> {
    await this.open();
    return this.#withLock(mode, work);
  }

  // What `work` puts into the trash is removed after the lock was given back.
  async #changing<T>(work: () => Promise<T>): Promise<T> {
    let stale: Stale[] = [];
    const result = await this.#locked('exclusive', async () => {
      const done = await work();
      stale = await claimStale(this.layers.folder, this.#engine);
      return done;
    });
    await removeStale(stale, this.#engine);
    return result;
  }

  async #withLock<T>(mode: 'exclusive' | 'shared', work: () => Promise<T>): Promise<T> {
    const file = await open(join(this.#folder, 'lock'), 'a', 0o600);
    try {
      await this.#engine.fileLock.lock(file.fd, mode);
      return await work();
    } finally {
      await file.close();
    }
  }
}

function tryShare(fd: number): boolean {
  return loadNative().native.tryLock(fd, 'shared');
}

// Undefined when there is no such file.
function openPin(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function removeTmpFiles(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.includes(TMP_MARK)) await rm(join(folder, name), { force: true });
  }
}

function familiar(key: string): string {
  return familiarReference(parseReference(key));
}

function missing(text: string, count = 0): NotFoundError {
  const message = count > 1 ? `image id ${text} is not unique` : `no such image: ${text}`;
  return new NotFoundError(message, { code: 'ERR_IMAGE_NOT_FOUND' });
}
