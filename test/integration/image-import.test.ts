// SPDX-License-Identifier: Apache-2.0
// Images that arrive as a stream of bytes, by what containers of them run.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createReadStream, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { Container, Image } from '../../lib/index.js';
import { useBoxes } from '../helpers/boxes.js';
import { makeBusyboxRoot } from '../helpers/busybox.js';
import { needs } from '../helpers/needs.js';

describe('an image from a stream', () => {
  needs('containers', 'busybox', 'tar');
  const boxes = useBoxes();
  let archive: string;

  before(() => {
    const tree = `${boxes.engine.root}.tree`;
    archive = `${boxes.engine.root}.tar`;
    makeBusyboxRoot(tree);
    // Of root, so that an ordinary user's own test may remove what it unpacked.
    execFileSync('tar', ['-cf', archive, '--owner=0', '--group=0', '-C', tree, '.']);
    rmSync(tree, { recursive: true });
  });
  after(() => rmSync(archive, { force: true }));

  async function* pieces(): AsyncGenerator<Uint8Array> {
    const bytes = readFileSync(archive);
    for (let at = 0; at < bytes.length; at += 100_001) yield bytes.subarray(at, at + 100_001);
  }

  const SOURCES = {
    'a file that is read': () => createReadStream(archive),
    'a compressed stream': () => createReadStream(archive).pipe(createGzip({ level: 1 })),
    'an iterable of pieces': () => pieces(),
    'a web stream': () => Readable.toWeb(createReadStream(archive)) as AsyncIterable<Uint8Array>,
  };
  for (const [what, source] of Object.entries(SOURCES)) {
    it(`runs when it was ${what}`, async () => {
      const { engine } = boxes;
      const image = await Image.import(source(), {
        engine,
        changes: { command: ['id', '-u', 'app'] },
      });
      await using box = await Container.run({ engine, image });
      assert.equal(await box.stdout.text(), '1000\n');
      assert.equal((await box.wait()).exitCode, 0);
      assert.equal(
        await boxes.text('readlink /bin/sh; stat -c %a /etc/passwd', { image }),
        'busybox\n644',
      );
    });
  }

  it('that ends too early or fails leaves nothing, and says why', async () => {
    const { engine } = boxes;
    const before = readdirSync(join(engine.root, 'layers')).sort();
    const half = createReadStream(archive, { end: 700_000 });
    await assert.rejects(Image.import(half, { engine }), { code: 'ERR_IMAGE_INVALID' });
    const broken = new PassThrough();
    const importing = Image.import(broken, { engine });
    broken.write(readFileSync(archive).subarray(0, 200_000));
    broken.destroy(new Error('the line went dead'));
    await assert.rejects(importing, { message: 'the line went dead' });
    const late = new PassThrough();
    late.write(readFileSync(archive).subarray(0, 700));
    setTimeout(() => late.destroy(new Error('the line went dead')), 20);
    await assert.rejects(Image.import(late, { engine }), { message: 'the line went dead' });
    const control = new AbortController();
    const endless = Image.import(new PassThrough(), { engine, signal: control.signal });
    control.abort();
    await assert.rejects(endless, { name: 'CanceledError' });
    assert.deepEqual(readdirSync(join(engine.root, 'layers')).sort(), before);
  });
});
