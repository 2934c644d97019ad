// SPDX-License-Identifier: Apache-2.0
// What images need of an engine, and which engine that is.
import { isPlainObject, refuse } from '../check.js';
import type { EngineHandle } from '../container/options.js';
import { SlipwayError } from '../errors.js';
import type { ImageWorker } from './worker.js';

/** flock(2) on an open file; closing the file gives the lock back. */
export interface FileLock {
  lock(fd: number, mode: 'exclusive' | 'shared'): Promise<void>;
  /** An exclusive lock; false when somebody else has one. */
  tryLock(fd: number): Promise<boolean>;
}

/** A container that was made from an image. */
export interface ImageUser {
  readonly containerId: string;
  readonly running: boolean;
}

export interface ImageEngine extends EngineHandle {
  readonly imageWorker: ImageWorker;
  readonly fileLock: FileLock;
  /** A container of this engine made from the image, a running one first. */
  imageUser(imageId: string): Promise<ImageUser | undefined>;
  /** Calls back before the engine closes. */
  onClose(callback: () => void): unknown;
}

let provide: (() => ImageEngine) | undefined;

/** Says where the engine comes from that calls without an `engine` option share. */
export function setDefaultImageEngine(provider: () => ImageEngine): void {
  provide = provider;
}

export function engineOr(engine: unknown): ImageEngine {
  if (engine !== undefined)
    return isEngine(engine) ? engine : refuse('engine', engine, 'an Engine');
  if (provide !== undefined) return provide();
  throw new SlipwayError('there is no engine', { code: 'ERR_ENGINE_CLOSED' });
}

function isEngine(value: unknown): value is ImageEngine {
  return isPlainObject(value) && 'imageWorker' in value && 'fileLock' in value;
}
