// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ConflictError, NotFoundError } from '../../../lib/errors.js';
import { importImage } from '../../../lib/image/import.js';
import { parseReference } from '../../../lib/image/reference.js';
import { ImageStore, type StoredImage } from '../../../lib/image/store.js';
import { FakeEngine, share } from './fake-engine.js';

const conflict = (text: string) => (error: unknown) => {
  assert.ok(error instanceof ConflictError);
  assert.equal(error.code, 'ERR_IMAGE_IN_USE');
  assert.equal(error.message, text);
  return true;
};

describe('the image store', () => {
  let engine: FakeEngine;
  let store: ImageStore;
  const containerId = 'c'.repeat(64);

  beforeEach(async () => {
    engine = await FakeEngine.create();
    store = new ImageStore(engine, share);
  });
  afterEach(() => engine[Symbol.asyncDispose]());

  const add = (content: string, ...tag: string[]): Promise<StoredImage> =>
    importImage(store, engine, Readable.from([Buffer.from(content)]), { tag, message: content });

  const files = (folder: string) => readdir(join(engine.root, folder));
  const short = (image: StoredImage) => image.id.slice(7, 19);

  it('finds images by reference, id and the beginning of an id', async () => {
    const image = await add('one', 'team/app:2', 'app');
    const hex = image.id.slice(7);
    const texts = ['team/app:2', 'docker.io/team/app:2', 'app', 'app:latest'];
    for (const text of [...texts, image.id, hex, hex.slice(0, 4), `sha256:${hex.slice(0, 12)}`]) {
      assert.equal((await store.get(text)).id, image.id, text);
    }
    for (const text of [
      'app:3',
      'team/app',
      'f'.repeat(64),
      `sha256:${'f'.repeat(64)}`,
      'sha256:0000',
    ]) {
      await assert.rejects(store.get(text), NotFoundError, text);
    }
  });

  it('refuses the beginning of two ids', async () => {
    await add('one');
    const folder = join(engine.root, 'images');
    const [name = ''] = (await readdir(folder)).filter((file) => /^[a-f0-9]{64}\.json$/.test(file));
    const twin = name.slice(0, 10) + (name[10] === '0' ? '1' : '0') + name.slice(11);
    await writeFile(join(folder, twin), '{}');
    await assert.rejects(store.get(name.slice(0, 8)), /not unique/);
  });

  it('moves a tag from one image to another', async () => {
    const first = await add('one', 'app');
    const second = await add('two', 'app');
    assert.equal((await store.get('app')).id, second.id);
    assert.deepEqual((await store.get(first.id)).tags, []);
    const tagged = await store.tag(first.id, parseReference('app:old'));
    assert.deepEqual(tagged.tags, ['app:old']);
    await assert.rejects(store.tag(`sha256:${'0'.repeat(64)}`, parseReference('x')), NotFoundError);
  });

  it('lists the newest first and leaves out a damaged image with a warning', async () => {
    const first = await add('one');
    await new Promise((resolve) => setTimeout(resolve, 5));
    const second = await add('two');
    assert.deepEqual(
      (await store.list()).map(({ id }) => id),
      [second.id, first.id],
    );
    await writeFile(join(engine.root, 'images', `${first.id.slice(7)}.json`), '{"rootfs":{}}');
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    assert.deepEqual(
      (await store.list()).map(({ id }) => id),
      [second.id],
    );
    assert.match((await warned).message, /is damaged/);
    await assert.rejects(store.get(first.id), { code: 'ERR_IMAGE_INVALID' });
    await store.remove(first.id);
    assert.equal((await store.list()).length, 1);
  });

  it('removes a tag, and the image with its last one', async () => {
    const image = await add('one', 'app:1', 'app:2');
    assert.deepEqual(await store.remove('app:1'), { untagged: ['app:1'], deleted: undefined });
    assert.deepEqual((await store.get(image.id)).tags, ['app:2']);
    assert.deepEqual(await store.remove('app:2'), { untagged: ['app:2'], deleted: image.id });
    assert.deepEqual(await files('layers'), []);
    await assert.rejects(store.remove('app:2'), NotFoundError);
    await assert.rejects(store.remove(image.id), NotFoundError);
  });

  it('removes by id all tags of one repository, and of several by force', async () => {
    const one = await add('one', 'app:1', 'app:2');
    assert.deepEqual((await store.remove(one.id)).untagged.toSorted(), ['app:1', 'app:2']);
    const two = await add('two', 'app:1', 'other');
    await assert.rejects(
      store.remove(two.id),
      conflict(
        `conflict: unable to delete ${short(two)} (must be forced) - image is referenced in multiple repositories`,
      ),
    );
    assert.equal((await store.remove(two.id, { force: true })).deleted, two.id);
  });

  it('keeps an image of a running container, forced or not', async () => {
    const image = await add('one', 'app');
    engine.users.set(image.id, { containerId, running: true });
    await assert.rejects(
      store.remove(image.id, { force: true }),
      conflict(
        `conflict: unable to delete ${short(image)} (cannot be forced) - image is being used by running container cccccccccccc`,
      ),
    );
    await assert.rejects(
      store.remove('app'),
      conflict(
        `conflict: unable to remove repository reference "app:latest" (must force) - container cccccccccccc is using its referenced image ${short(image)}`,
      ),
    );
    assert.deepEqual((await store.get('app')).tags, ['app:latest']);
  });

  it('keeps the files of a removed image until its stopped container is gone', async () => {
    const image = await add('one', 'app');
    engine.users.set(image.id, { containerId, running: false });
    await assert.rejects(
      store.remove(image.id),
      conflict(
        `conflict: unable to delete ${short(image)} (must be forced) - image is being used by stopped container cccccccccccc`,
      ),
    );
    await store.remove(image.id, { force: true });
    await assert.rejects(store.get(image.id), NotFoundError);
    store.pin(image.id); // the container may start again
    assert.deepEqual(await readdir(image.lower[0] ?? ''), ['archive']);
    engine.users.clear();
    await store.collect();
    assert.deepEqual(await files('layers'), []);
    assert.deepEqual((await files('images')).sort(), ['lock', 'tags.json']);
  });

  it('does not remove an image that another engine uses', async () => {
    const image = await add('one', 'app');
    await using other = await FakeEngine.create(engine.root);
    const second = new ImageStore(other, share);
    second.pin(image.id);
    await assert.rejects(
      store.remove('app', { force: true }),
      conflict(
        `conflict: unable to delete ${short(image)} (cannot be forced) - image is being used by a container of another process`,
      ),
    );
    assert.deepEqual((await store.get('app')).tags, ['app:latest']);
    other.close();
    assert.equal((await store.remove('app')).deleted, image.id);
    assert.throws(() => second.pin(image.id), NotFoundError);
  });

  it('removes at opening what dead processes left, and nothing of live ones', async () => {
    const image = await add('one', 'app');
    const live = await store.stage();
    const layers = join(engine.root, 'layers');
    await mkdir(join(layers, 'tmp-dead', 'rootfs'), { recursive: true });
    await mkdir(join(layers, 'e'.repeat(64)));
    await writeFile(join(layers, `${'d'.repeat(64)}.json`), '{}');
    await writeFile(join(engine.root, 'images', 'tags.json.tmp-abc'), '{');
    await new ImageStore(engine, share).open();
    const hex = (image.lower[0] ?? '').slice(-64);
    const kept = [hex, `${hex}.json`, live.path.slice(layers.length + 1)];
    assert.deepEqual((await files('layers')).sort(), kept.sort());
    assert.ok(!(await files('images')).includes('tags.json.tmp-abc'));
    await live[Symbol.asyncDispose]();
    assert.equal((await files('layers')).length, 2);
  });

  it('says which layer a damaged image lacks', async () => {
    const image = await add('one', 'app');
    await rm(`${image.lower[0]}.json`);
    await assert.rejects(store.get('app'), /layer sha256:[a-f0-9]{64} is missing/);
  });

  it('loses no tag when many write at once', async () => {
    const image = await add('one');
    const second = new ImageStore(engine, share);
    const numbers = Array.from({ length: 12 }, (_, number) => number);
    await Promise.all(
      numbers.map((n) => (n % 2 ? store : second).tag(image.id, parseReference(`t:${n}`))),
    );
    assert.equal((await store.get(image.id)).tags.length, 12);
    const text = await readFile(join(engine.root, 'images', 'tags.json'), 'utf8');
    assert.equal(Object.keys(JSON.parse(text)).length, 12);
  });

  it('leaves no file open', async () => {
    const count = async () => (await readdir('/proc/self/fd')).length;
    const image = await add('one', 'app');
    await store.list();
    const before = await count();
    await (await open(join(engine.root, 'images', 'lock'))).close();
    await add('two', 'more');
    await store.remove('more');
    await assert.rejects(store.get('more'));
    store.pin(image.id);
    store.pin(image.id);
    engine.close();
    assert.equal(await count(), before);
  });
});
