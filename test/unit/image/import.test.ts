// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { CanceledError, InvalidArgumentError, SlipwayError } from '../../../lib/errors.js';
import { type ImportOptions, type ImportSource, importImage } from '../../../lib/image/import.js';
import { ImageStore, type StoredImage } from '../../../lib/image/store.js';
import { FakeEngine, share } from './fake-engine.js';

const sha256 = (bytes: Uint8Array | string) =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const invalid = (text: RegExp) => (error: unknown) =>
  error instanceof SlipwayError && error.code === 'ERR_IMAGE_INVALID' && text.test(error.message);

describe('importing an image', () => {
  let engine: FakeEngine;
  let store: ImageStore;
  const archive = randomBytes(300_000);

  beforeEach(async () => {
    engine = await FakeEngine.create();
    store = new ImageStore(engine, share);
  });
  afterEach(() => engine[Symbol.asyncDispose]());

  const run = (source: ImportSource, options?: ImportOptions): Promise<StoredImage> =>
    importImage(store, engine, source, options);

  async function nothingIsLeft(): Promise<void> {
    assert.deepEqual(await readdir(join(engine.root, 'layers')), []);
    assert.deepEqual(await store.list(), []);
  }

  it('names the layer by the digest of the archive and the image by that of its config', async () => {
    const image = await run(Readable.from([archive]), { tag: 'base:1', message: 'made here' });
    assert.deepEqual(image.document.rootfs, { type: 'layers', diff_ids: [sha256(archive)] });
    assert.equal(image.id, sha256(JSON.stringify(image.document)));
    assert.equal(image.document.history?.[0]?.comment, 'made here');
    assert.equal(image.document.os, 'linux');
    assert.deepEqual(image.tags, ['base:1']);
    assert.equal(image.size, archive.length);
    assert.deepEqual(await readFile(join(image.lower[0] ?? '', 'archive')), archive);
    const record = join(engine.root, 'images', `${image.id.slice(7)}.json`);
    assert.equal(sha256(await readFile(record)), image.id);
  });

  it('reads gzip, also in members, and hashes what is inside', async () => {
    const halves = [gzipSync(archive.subarray(0, 1000)), gzipSync(archive.subarray(1000))];
    const image = await run(Readable.from([Buffer.concat(halves)]));
    assert.deepEqual(image.document.rootfs.diff_ids, [sha256(archive)]);
  });

  it('reads a source that comes byte by byte', async () => {
    async function* drip() {
      for (const byte of gzipSync('hello')) yield Buffer.of(byte);
    }
    const image = await run(drip());
    assert.deepEqual(image.document.rootfs.diff_ids, [sha256('hello')]);
  });

  it('reads files by path, with progress, and folders through the worker', async () => {
    const path = join(engine.root, 'some.tar');
    await writeFile(path, archive);
    const seen: [number, number | undefined][] = [];
    const onProgress = ({ bytes, totalBytes }: { bytes: number; totalBytes?: number }) =>
      void seen.push([bytes, totalBytes]);
    const image = await run(path, { onProgress });
    assert.equal(image.document.history?.[0]?.comment, 'Imported from some.tar');
    assert.deepEqual(seen.at(-1), [archive.length, archive.length]);
    const folder = await run(engine.root);
    assert.deepEqual(folder.document.rootfs.diff_ids, [sha256('packed')]);
  });

  it('puts changes into the config', async () => {
    const changes = {
      env: { A: '1', B: 'x=y' },
      command: ['sh', '-c', 'echo hi'],
      entrypoint: ['/init'],
      workdir: '/srv/../opt',
      user: '1000:1000',
      labels: { 'org.example': 'yes' },
      exposedPorts: [80, '53/udp', '8000-8001/tcp'],
      volumes: ['/data'],
    };
    const { document } = await run(Readable.from([archive]), { changes });
    assert.deepEqual(document.config, {
      Env: ['A=1', 'B=x=y'],
      Cmd: ['sh', '-c', 'echo hi'],
      Entrypoint: ['/init'],
      WorkingDir: '/opt',
      User: '1000:1000',
      Labels: { 'org.example': 'yes' },
      ExposedPorts: { '80/tcp': {}, '53/udp': {}, '8000/tcp': {}, '8001/tcp': {} },
      Volumes: { '/data': {} },
    });
  });

  const wrong: [ImportOptions, string][] = [
    [{ tag: 'Upper' }, 'tag'],
    [{ tag: 'host' }, 'tag'],
    [{ tag: `a@sha256:${'0'.repeat(64)}` }, 'tag'],
    [{ changes: { comand: [] } as object }, 'changes.comand'],
    [{ changes: { env: ['A'] } }, 'changes.env'],
    [{ changes: { exposedPorts: ['0'] } }, 'changes.exposedPorts[0]'],
    [{ changes: { exposedPorts: ['9-8'] } }, 'changes.exposedPorts[0]'],
    [{ changes: { exposedPorts: ['80/ftp'] } }, 'changes.exposedPorts[0]'],
    [{ changes: { workdir: 'srv' } }, 'changes.workdir'],
    [{ changes: { volumes: ['data'] } }, 'changes.volumes[0]'],
    [{ changes: { user: 'a:b:c' } }, 'changes.user'],
  ];
  for (const [options, option] of wrong) {
    it(`refuses ${JSON.stringify(options).slice(0, 60)} before anything is made`, async () => {
      await assert.rejects(
        run(Readable.from([archive]), options),
        (error: unknown) => error instanceof InvalidArgumentError && error.option === option,
      );
      assert.equal(engine.imageWorker.unpacked.length, 0);
    });
  }

  it('refuses a path that does not exist', async () => {
    await assert.rejects(run('/no/such/file.tar'), { code: 'ERR_INVALID_ARGUMENT' });
  });

  it('fails on damaged and cut gzip and leaves nothing', async () => {
    const packed = gzipSync(archive);
    packed.writeUInt8(packed.readUInt8(packed.length - 6) ^ 1, packed.length - 6);
    await assert.rejects(run(Readable.from([packed])), invalid(/compressed archive is damaged/));
    const cut = gzipSync(archive).subarray(0, 1000);
    await assert.rejects(run(Readable.from([cut])), invalid(/compressed archive is damaged/));
    await nothingIsLeft();
  });

  it('names a compression it does not read', async () => {
    const xz = Buffer.from('fd377a585a000000', 'hex');
    await assert.rejects(run(Readable.from([xz])), invalid(/compressed with xz/));
    await nothingIsLeft();
  });

  it('fails with what the worker refused', async () => {
    engine.imageWorker.answer = {
      refused: { code: 'PATH_ESCAPES', path: '../x', message: 'the path leads out of the archive' },
    };
    await assert.rejects(run(Readable.from([archive])), invalid(/"\.\.\/x".*PATH_ESCAPES/));
    await nothingIsLeft();
  });

  it('fails with the failure of the worker although the source never ends', async () => {
    engine.imageWorker.answer = new Error('the disk is full');
    const source = new PassThrough();
    source.write(archive);
    await assert.rejects(run(source), /the disk is full/);
    assert.equal(source.destroyed, true);
    await nothingIsLeft();
  });

  it('fails with the failure of the source', async () => {
    const source = new PassThrough();
    source.write(archive);
    setTimeout(() => source.destroy(new Error('the line was cut')), 20);
    await assert.rejects(run(source), /the line was cut/);
    await nothingIsLeft();
  });

  it('fails with the failure of the packing of a folder', async () => {
    engine.imageWorker.packFailure = new Error('cannot read');
    await assert.rejects(run(engine.root), /cannot read/);
    await nothingIsLeft();
  });

  it('fails with what onProgress throws', async () => {
    const onProgress = () => {
      throw new Error('no more of this');
    };
    await assert.rejects(run(Readable.from([archive]), { onProgress }), /no more of this/);
    await nothingIsLeft();
  });

  it('stops on abort, keeps its reason and leaves nothing', async () => {
    const source = new PassThrough();
    source.write(archive);
    const signal = AbortSignal.timeout(30);
    await assert.rejects(
      run(source, { signal }),
      (error: unknown) => error instanceof CanceledError && error.cause === signal.reason,
    );
    assert.equal(source.destroyed, true);
    await nothingIsLeft();
    await assert.rejects(run(source, { signal }), CanceledError);
  });

  it('shares the layer of two images with the same files', async () => {
    const first = await run(Readable.from([archive]), { tag: 'a' });
    const second = await run(Readable.from([archive]), { tag: 'b', message: 'other' });
    assert.notEqual(first.id, second.id);
    assert.deepEqual(first.lower, second.lower);
    assert.equal((await readdir(join(engine.root, 'layers'))).length, 2); // the folder and its record
    await store.remove('a');
    assert.ok((await stat(second.lower[0] ?? '')).isDirectory());
    await store.remove('b');
    await nothingIsLeft();
  });
});
