// SPDX-License-Identifier: Apache-2.0
// Folders for work in progress. Each is locked by who works in it, so that one
// left by a dead process shows by being free, and is swept.
import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { randomHex } from '../ids.js';
import type { ImageEngine } from './engine.js';
import { isMissing } from './files.js';

const PREFIX = 'tmp-';

type StagingEngine = Pick<ImageEngine, 'fileLock' | 'imageWorker'>;

export class Staging implements AsyncDisposable {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #engine: StagingEngine;

  private constructor(path: string, handle: FileHandle, engine: StagingEngine) {
    this.path = path;
    this.#handle = handle;
    this.#engine = engine;
  }

  /** The caller holds the lock that {@link claimStale} is called under. */
  static async create(folder: string, engine: StagingEngine): Promise<Staging> {
    const path = join(folder, `${PREFIX}${randomHex(8)}`);
    await mkdir(path, { mode: 0o700 });
    const handle = await open(path, 'r');
    await engine.fileLock.lock(handle.fd, 'exclusive');
    return new Staging(path, handle, engine);
  }

  /** Removes what is still in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#engine.imageWorker.remove(this.path);
    } finally {
      await this.#handle.close();
    }
  }
}

/** A name in `folder` that the next sweep takes away. */
export function trashPath(folder: string): string {
  return join(folder, `${PREFIX}${randomHex(8)}`);
}

/** A folder nobody works in any more, locked by this process so that one sweep takes it. */
export interface Stale {
  readonly path: string;
  readonly handle: FileHandle;
}

/**
 * The folders of processes that are gone. The caller holds the store's lock, or a folder that
 * was made but is not locked yet would look like one of them.
 */
export async function claimStale(folder: string, engine: StagingEngine): Promise<Stale[]> {
  const claimed: Stale[] = [];
  for (const name of await readdir(folder)) {
    const stale = name.startsWith(PREFIX) ? await claim(join(folder, name), engine) : undefined;
    if (stale !== undefined) claimed.push(stale);
  }
  return claimed;
}

/** Needs no lock, as it may take long. */
export async function removeStale(claimed: readonly Stale[], engine: StagingEngine): Promise<void> {
  for (const { path, handle } of claimed) {
    try {
      await engine.imageWorker.remove(path);
    } finally {
      await handle.close();
    }
  }
}

async function claim(path: string, engine: StagingEngine): Promise<Stale | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  if (await engine.fileLock.tryLock(handle.fd)) return { path, handle };
  await handle.close();
  return undefined;
}
