// SPDX-License-Identifier: Apache-2.0
// The file work of images as this folder asks for it. A process of its own does
// it, with the rights that files of any owner need; cpp/image/worker.h is its
// other end, and the engine brings the two together.
import type { Readable, Writable } from 'node:stream';
import { SlipwayError } from '../errors.js';

export interface UnpackRequest {
  /** The folder to fill; it exists. */
  readonly path: string;
  readonly options?: {
    readonly whiteouts?: 'refuse' | 'overlay' | 'plain';
    /** Files of ids that the engine does not have belong to id 0. */
    readonly squashOwners?: boolean;
    readonly keepKinds?: boolean;
    /** Written to the disk before the promise resolves. */
    readonly sync?: boolean;
    readonly maxBytes?: number;
    readonly maxEntries?: number;
  };
}

export interface CopyRequest {
  readonly source: string;
  /** Exists, and has none of the names in `source`. */
  readonly destination: string;
  readonly options?: { readonly squashOwners?: boolean; readonly sync?: boolean };
}

interface MetadataCounts {
  readonly squashedOwners: number;
  readonly skippedXattrs: number;
  readonly droppedXattrs: number;
}

export interface UnpackResult extends MetadataCounts {
  readonly entries: number;
  /** Of all regular files, holes included. */
  readonly fileBytes: number;
  readonly archiveBytes: number;
  readonly skippedDevices: number;
  readonly whiteouts: number;
}

export interface PackResult {
  readonly entries: number;
  readonly archiveBytes: number;
  readonly skippedSockets: number;
  readonly skippedMounts: number;
}

export interface CopyResult extends MetadataCounts {
  readonly entries: number;
  readonly fileBytes: number;
  readonly skippedDevices: number;
  readonly skippedSockets: number;
  readonly skippedMounts: number;
}

/** `result` settles once the process has ended, also after an abort. */
export interface UnpackJob {
  /** Takes the archive, not compressed. */
  readonly input: Writable;
  readonly result: Promise<UnpackResult>;
}

export interface PackJob {
  /** Gives the archive. */
  readonly output: Readable;
  readonly result: Promise<PackResult>;
}

/** An abort ends the job as soon as can be; what it was doing stays half done. */
export interface ImageWorker {
  unpack(request: UnpackRequest, signal?: AbortSignal): UnpackJob;
  pack(request: { readonly path: string }, signal?: AbortSignal): PackJob;
  copy(request: CopyRequest, signal?: AbortSignal): Promise<CopyResult>;
  /** Removes a file or a whole folder; a missing one is success. */
  remove(path: string, signal?: AbortSignal): Promise<void>;
  /** rename(2). */
  move(source: string, destination: string): Promise<void>;
}

/** What the worker says is wrong with an archive. */
interface Refusal {
  readonly code: string;
  readonly path: string;
  readonly message: string;
}

/** The result in an answer of the worker; throws what it refused. */
export function readWorkerResult<T>(result: unknown): T {
  const { refused } = result as { refused?: Refusal };
  if (refused === undefined) return result as T;
  const where = refused.path === '' ? '' : ` ${JSON.stringify(refused.path)}`;
  throw new SlipwayError(`unpack archive${where}: ${refused.message} (${refused.code})`, {
    code: 'ERR_IMAGE_INVALID',
    path: refused.path || undefined,
    step: 'unpack archive',
  });
}
