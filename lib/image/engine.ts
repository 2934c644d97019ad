// SPDX-License-Identifier: Apache-2.0
// What images need of an engine.
import type { EngineHandle } from '../container/options.js';
import type { Engine } from '../engine/engine.js';
import { loadNative } from '../native.js';
import { SupervisorWorker } from './supervisor-worker.js';
import type { ImageWorker } from './worker.js';

/** flock(2) on an open file, without waiting; closing the file gives the lock back. */
export type TryLock = (fd: number, mode: 'exclusive' | 'shared') => boolean;

/** A container that was made from an image. */
export interface ImageUser {
  readonly containerId: string;
  readonly running: boolean;
}

export interface ImageEngine extends EngineHandle {
  readonly imageWorker: ImageWorker;
  readonly tryLock: TryLock;
  /** A container of this engine made from the image, a running one first. */
  imageUser(imageId: string): ImageUser | undefined;
  /** Runs before the engine closes. */
  onClose(callback: () => void): void;
}

/** The same engine as images see it. */
export function imageEngineOf(engine: Engine): ImageEngine {
  return {
    root: engine.root,
    imageWorker: new SupervisorWorker(() => engine.supervisor()),
    tryLock: (fd, mode) => loadNative().native.tryLock(fd, mode),
    imageUser: (imageId) => engine.imageUsers?.(imageId),
    onClose: (callback) => engine.onClose(callback),
  };
}
