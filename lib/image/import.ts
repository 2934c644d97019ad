// SPDX-License-Identifier: Apache-2.0
// `Image.import`: a file system as an archive or a folder becomes an image of
// one layer. An image appears whole or not at all.
import { createReadStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { readAbortSignal } from '../abort.js';
import { asArray, asText, refuse } from '../check.js';
import { CanceledError } from '../errors.js';
import type { ImageConfig } from '../spec/process.js';
import { type ImageChanges, readChanges } from './changes.js';
import { chainIds, type OciImage, platform } from './config.js';
import type { ImageEngine } from './engine.js';
import { isMissing } from './files.js';
import { HOST_REFERENCE, type ImageReference, parseReference } from './reference.js';
import { type ByteSource, type Fed, feed } from './source.js';
import type { ImageStore, StoredImage } from './store.js';
import type { PackJob } from './worker.js';

/** A tar archive (plain, gzip, with Node.js 22.15 zstd), or the path of one or of a folder. */
export type ImportSource = string | ByteSource;

/** How far an import has come. */
export interface ImportProgress {
  /** Bytes of the source read so far. */
  readonly bytes: number;
  /** Of an archive given by its path. */
  readonly totalBytes?: number;
}

/** What {@link Image.import} takes beside the source. */
export interface ImportOptions {
  /** One reference or more, such as `'base:1'`. */
  readonly tag?: string | readonly string[];
  /** Kept in the history of the image. Docker: `docker import --message`. */
  readonly message?: string;
  readonly changes?: ImageChanges;
  readonly signal?: AbortSignal;
  /** Called as bytes of the source are read. */
  readonly onProgress?: (progress: ImportProgress) => void;
}

interface Opened {
  readonly name: string;
  readonly bytes: ByteSource;
  readonly totalBytes?: number;
  readonly packing?: PackJob;
}

export async function importImage(
  store: ImageStore,
  engine: ImageEngine,
  source: ImportSource,
  options: ImportOptions = {},
): Promise<StoredImage> {
  const references = readTags('tag', options.tag);
  const message = options.message === undefined ? '' : asText('message', options.message);
  const config = readChanges(options.changes);
  readAbortSignal(options.signal);
  if (options.onProgress !== undefined && typeof options.onProgress !== 'function') {
    refuse('onProgress', options.onProgress, 'a function');
  }
  if (options.signal?.aborted) throw new CanceledError('import canceled', options.signal.reason);
  const opened = await openSource(engine, source, options.signal);
  // It may fail before anybody reads it; the reader then finds it failed.
  if (opened.bytes instanceof Readable) opened.bytes.on('error', () => undefined);
  try {
    await using staging = await store.stage();
    const rootfs = join(staging.path, 'rootfs');
    await mkdir(rootfs, { mode: 0o755 });
    const fed = await unpack(engine, opened, rootfs, options);
    const image = describe(fed, config, message || `Imported from ${opened.name}`);
    const [chainId = fed.diffId] = chainIds([fed.diffId]);
    return await store.add(image, { chainId, ...fed }, staging, references);
  } finally {
    if (opened.bytes instanceof Readable) opened.bytes.destroy();
  }
}

function describe({ diffId }: Fed, config: ImageConfig, comment: string): OciImage {
  const created = new Date().toISOString();
  return {
    created,
    ...platform(),
    config,
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [{ created, comment }],
  };
}

/** References that an image can be given: not the embedded one's and none with a digest. */
export function readTags(option: string, value: unknown): ImageReference[] {
  const list = typeof value === 'string' ? [value] : value;
  return asArray(option, list, 'a reference or a list of references').map((text) => {
    const reference = parseReference(text as string, option);
    if (text === HOST_REFERENCE) refuse(option, text, "another name than the embedded image's");
    if (reference.digest !== undefined) refuse(option, text, 'a reference without a digest');
    return reference;
  });
}

async function unpack(
  engine: ImageEngine,
  opened: Opened,
  path: string,
  { signal, onProgress }: ImportOptions,
): Promise<Fed> {
  let bytes = 0;
  const { totalBytes } = opened;
  const report = (count: number) => {
    bytes += count;
    onProgress?.({ bytes, ...(totalBytes !== undefined && { totalBytes }) });
  };
  const options = { sync: true, squashOwners: true };
  const start = (stop: AbortSignal) => engine.imageWorker.unpack({ path, options }, stop);
  const feeding = feed(opened.bytes, start, { signal, onBytes: onProgress && report });
  // The stream ends early when packing fails: that failure is then the first.
  const [fed, packed] = await Promise.allSettled([feeding, opened.packing?.result]);
  if (signal?.aborted && fed.status === 'rejected') throw fed.reason;
  if (packed.status === 'rejected' && fed.status === 'fulfilled') throw packed.reason;
  if (fed.status === 'rejected') throw fed.reason;
  return fed.value;
}

async function openSource(
  engine: ImageEngine,
  source: ImportSource,
  signal: AbortSignal | undefined,
): Promise<Opened> {
  if (source instanceof Readable || isIterable(source)) return { name: '-', bytes: source };
  const allowed = 'the path of a tar archive or folder, a Readable or an AsyncIterable';
  const path = resolve(asText('source', source, allowed));
  const status = await stat(path).catch((error: unknown) => {
    if (isMissing(error)) return refuse('source', source, 'the path of something that exists');
    throw error;
  });
  const name = basename(path);
  if (!status.isDirectory()) {
    const totalBytes = status.isFile() ? status.size : undefined;
    const bytes = createReadStream(path, { highWaterMark: 256 * 1024 });
    return { name, bytes, ...(totalBytes !== undefined && { totalBytes }) };
  }
  const packing = engine.imageWorker.pack({ path }, signal);
  packing.result.catch(() => undefined); // looked at when the stream has ended
  return { name, bytes: packing.output, packing };
}

function isIterable(value: unknown): value is AsyncIterable<Uint8Array> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
