// SPDX-License-Identifier: Apache-2.0
// Unpacked layers: `layers/<chain id>/` with the files and `layers/<chain id>.json`
// beside it, which is written last and makes the layer count. The caller of all
// that changes something holds the store's lock.
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, damaged, hexOf } from './config.js';
import { hasCode, isMissing, readIfThere, syncFolder, writeDurably } from './files.js';
import { trashPath } from './staging.js';
import type { ImageWorker, UnpackResult } from './worker.js';

export interface LayerRecord {
  readonly chainId: Digest;
  readonly diffId: Digest;
  /** How the files differ from the archive they came from. */
  readonly unpacked: UnpackResult;
}

const NAME = /^([a-f0-9]{64})(\.json)?$/;

export class Layers {
  readonly folder: string;
  readonly #worker: Pick<ImageWorker, 'move'>;

  constructor(folder: string, worker: Pick<ImageWorker, 'move'>) {
    this.folder = folder;
    this.#worker = worker;
  }

  path(chainId: Digest): string {
    return join(this.folder, hexOf(chainId));
  }

  async find(chainId: Digest): Promise<LayerRecord | undefined> {
    const text = await readIfThere(`${this.path(chainId)}.json`);
    return text === undefined ? undefined : (JSON.parse(text) as LayerRecord);
  }

  async get(chainId: Digest, imageId: string): Promise<LayerRecord> {
    const record = await this.find(chainId);
    if (record === undefined) throw damaged(imageId, `layer ${chainId} is missing`);
    return record;
  }

  // Without root, the top folder of a layer may belong to a subordinate id; moving
  // it to another folder then takes the rights of the user namespace.
  async #take(from: string, path: string): Promise<void> {
    try {
      await rename(from, path);
    } catch (error) {
      if (!hasCode(error, 'EACCES')) throw error;
      await this.#worker.move(from, path);
    }
  }

  /** Takes over the folder `from`, unless the layer is there already. */
  async add(record: LayerRecord, from: string): Promise<void> {
    if ((await this.find(record.chainId)) !== undefined) return;
    const path = this.path(record.chainId);
    await this.#discard(path);
    await this.#take(from, path);
    await syncFolder(this.folder);
    await writeDurably(`${path}.json`, JSON.stringify(record));
  }

  /** Moves all layers but `used` out of the way; the next sweep removes them. */
  async dropAllBut(used: ReadonlySet<string>): Promise<void> {
    const names = await readdir(this.folder);
    const unused = names.map((name) => NAME.exec(name)?.[1]).filter((hex) => hex !== undefined);
    for (const hex of new Set(unused)) {
      if (used.has(hex)) continue;
      const path = join(this.folder, hex);
      await rm(`${path}.json`, { force: true });
      await this.#discard(path);
    }
  }

  async #discard(path: string): Promise<void> {
    try {
      await rename(path, trashPath(this.folder));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}
