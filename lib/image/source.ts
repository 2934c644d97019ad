// SPDX-License-Identifier: Apache-2.0
// The bytes of an archive on their way to the worker: unpacked when they are
// compressed, hashed as they pass, never held.
import { once } from 'node:events';
import { Readable, Transform } from 'node:stream';
import { lazyCrypto, lazyStreamPromises, lazyZlib } from '../builtin.js';
import { CanceledError, isSlipwayError, SlipwayError } from '../errors.js';
import type { Digest } from './config.js';
import { readWorkerResult, type UnpackJob, type UnpackResult } from './worker.js';

/** Bytes as they come: a stream, or anything that can be iterated. */
export type ByteSource = Readable | AsyncIterable<Uint8Array>;

export interface Fed {
  readonly diffId: Digest;
  readonly unpacked: UnpackResult;
}

const MAGIC_BYTES = 6;

// Hexadecimal beginnings of compressed streams. Node.js 20 knows no zstd.
const COMPRESSED: readonly [magic: string, name: string, open?: () => NodeJS.ReadWriteStream][] = [
  ['1f8b', 'gzip', () => lazyZlib().createGunzip()],
  ['28b52ffd', 'zstd', zstd()],
  ['425a68', 'bzip2'],
  ['fd377a585a00', 'xz'],
];

/**
 * Feeds `source` to the worker. Fails with what failed first: the caller's signal, the source
 * or its compression, the worker. Settles when the worker has ended.
 */
export async function feed(
  source: ByteSource,
  start: (signal: AbortSignal) => UnpackJob,
  options: { signal?: AbortSignal | undefined; onBytes?: ((bytes: number) => void) | undefined },
): Promise<Fed> {
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const job = start(signal);
  const hash = lazyCrypto().createHash('sha256');
  const ended = job.result.then(readWorkerResult<UnpackResult>).then(
    (result) => ({ result }),
    (error: unknown) => {
      stop.abort(); // or a source that waits for ever would keep us
      return { error };
    },
  );
  let broken: unknown;
  job.input.on('error', (error) => {
    // The failures of the others are told to it too.
    if (isSlipwayError(error) && error.step === 'write input') broken = error;
  });
  const passed = await pass(asBytes(source), job.input, hash, signal, options.onBytes);
  if (passed.error !== undefined && passed.error !== broken) stop.abort();
  const outcome = await ended;
  if (options.signal?.aborted) throw new CanceledError('import canceled', options.signal.reason);
  const workerFailed = 'error' in outcome;
  const ownFault = passed.error !== undefined && passed.error !== broken && !isAbort(passed.error);
  if (ownFault) throw asError(passed.error);
  if (workerFailed) throw asError(outcome.error);
  if (passed.error !== undefined) throw asError(passed.error);
  return { diffId: `sha256:${hash.digest('hex')}`, unpacked: outcome.result };
}

async function pass(
  source: Readable,
  input: NodeJS.WritableStream,
  hash: { update(bytes: Uint8Array): unknown },
  signal: AbortSignal,
  onBytes: ((bytes: number) => void) | undefined,
): Promise<{ error?: unknown }> {
  const hashing = tap((chunk) => hash.update(chunk));
  const counting = tap((chunk) => onBytes?.(chunk.length));
  try {
    const open = decompressor(await peek(source, signal));
    const steps = open === undefined ? [counting, hashing] : [counting, open(), hashing];
    await lazyStreamPromises().pipeline([source, ...steps, input], { signal });
    return {};
  } catch (error) {
    source.destroy();
    if ('destroy' in input && typeof input.destroy === 'function') input.destroy();
    return { error: asArchiveError(error) };
  }
}

function tap(look: (chunk: Buffer) => unknown): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        look(chunk);
      } catch (error) {
        return done(error as Error);
      }
      done(null, chunk);
    },
  });
}

function asBytes(source: ByteSource): Readable {
  if (source instanceof Readable && !source.readableObjectMode) return source;
  return Readable.from(source, { objectMode: false });
}

// The first bytes, which stay in the stream.
async function peek(source: Readable, signal: AbortSignal): Promise<string> {
  if (source.destroyed)
    throw source.errored ?? new Error('the source was closed before it was read');
  let first = Buffer.alloc(0);
  while (first.length < MAGIC_BYTES && !source.readableEnded) {
    if (source.readableLength === 0) await once(source, 'readable', { signal });
    const chunk = source.read() as Buffer | string | null;
    if (chunk === null) break;
    first = Buffer.concat([first, typeof chunk === 'string' ? Buffer.from(chunk) : chunk]);
  }
  if (first.length > 0) source.unshift(first);
  return first.subarray(0, MAGIC_BYTES).toString('hex');
}

function decompressor(start: string): (() => NodeJS.ReadWriteStream) | undefined {
  const format = COMPRESSED.find(([magic]) => start.startsWith(magic));
  if (format === undefined) return undefined;
  const [, name, open] = format;
  if (open !== undefined) return open;
  const readable = zstd() === undefined ? 'gzip' : 'gzip or zstd';
  const hint = `decompress it first: archives are read plain or compressed with ${readable}`;
  throw new SlipwayError(`the archive is compressed with ${name} (hint: ${hint})`, {
    code: 'ERR_IMAGE_INVALID',
    hint,
  });
}

function zstd(): (() => NodeJS.ReadWriteStream) | undefined {
  const { createZstdDecompress } = lazyZlib() as {
    createZstdDecompress?: () => NodeJS.ReadWriteStream;
  };
  return createZstdDecompress;
}

// zlib reports damage under codes of its own (Z_DATA_ERROR, ZSTD_error_...).
function asArchiveError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!/^(Z_|ZSTD_|ERR_ZLIB)/.test(code)) return error;
  const message = `the compressed archive is damaged: ${(error as Error).message}`;
  return new SlipwayError(message, { code: 'ERR_IMAGE_INVALID', cause: error });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('the source failed', { cause: error });
}

function isAbort(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'AbortError' || ('code' in error && error.code === 'ABORT_ERR'))
  );
}
