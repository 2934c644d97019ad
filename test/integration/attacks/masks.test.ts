// SPDX-License-Identifier: Apache-2.0
// Masked and read-only paths where the image or the configuration makes it hard:
// links, a path named twice, a root that cannot be written.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { Image } from '../../../lib/index.js';
import { linux, SpecBox } from '../../helpers/specs.js';
import { machinePicture, makeVictim, picture, useRange } from './attack.js';

const MASKED = ['/secret', '/folder', '/link', '/climbing', '/to-folder', '/dangling', '/none'];
const HIDDEN = ['/secret', '/folder/secret', '/behind', '/behind-folder/secret', '/victim/file'];

describe('masked paths', function () {
  this.timeout(20_000);
  const range = useRange();
  const victim = join(range.folder, 'victim');
  let image: Image;

  before(async () => {
    makeVictim(victim);
    const tree = range.make('tree');
    for (const name of ['folder', 'behind-folder', 'victim']) mkdirSync(join(tree, name));
    for (const path of HIDDEN) writeFileSync(join(tree, path), `secret ${path}\n`);
    symlinkSync('/behind', join(tree, 'link'));
    symlinkSync('../../../../../../../victim/file', join(tree, 'climbing'));
    symlinkSync('behind-folder', join(tree, 'to-folder'));
    symlinkSync('/nowhere', join(tree, 'dangling'));
    // Followed on the machine, it would lead to the victim.
    symlinkSync(victim, join(tree, 'outside'));
    makeVictim(join(tree, victim));
    mkdirSync(join(tree, 'bin'));
    copyFileSync('/bin/busybox', join(tree, 'bin/busybox'));
    for (const name of ['sh', 'sleep']) symlinkSync('busybox', join(tree, 'bin', name));
    image = await Image.import(tree, { engine: range.engine });
  });

  const start = (change: object, options: object = {}) =>
    SpecBox.start({ engine: range.engine, image }, linux(change), options);
  const sees = (box: SpecBox, paths: readonly string[]) =>
    box.text(`for path in ${paths.join(' ')}; do busybox cat $path 2>/dev/null; done; true`);

  it('show themselves when nothing is masked', async () => {
    await using box = await start({ maskedPaths: [] });
    assert.equal((await sees(box, HIDDEN)).split('\n').length, HIDDEN.length);
  });

  for (const [how, options] of [
    ['', {}],
    [' on a read-only root', { readOnly: true }],
    [' for CAP_SYS_ADMIN', { capAdd: ['SYS_ADMIN'] }],
  ] as const) {
    it(`hide what they and the links of the image lead to${how}, named once or twice`, async () => {
      for (const maskedPaths of [MASKED, [...MASKED, ...MASKED]]) {
        await using box = await start({ maskedPaths }, options);
        assert.equal(await sees(box, HIDDEN), '');
        assert.equal(
          await box.text('busybox ls /folder /behind-folder | busybox grep sec; true'),
          '',
        );
        const writes =
          'for f in /folder/x /behind-folder/x; do (: > $f); done 2>&1 | busybox wc -l';
        assert.equal((await box.text(writes)).trim(), '2');
      }
    });
  }

  it('of the image that lead outside are those of the image, and the machine stays as it is', async () => {
    const before = { victim: picture(victim), machine: machinePicture() };
    const maskedPaths = ['/outside', '/outside/file', '/outside/etc', '/outside'];
    await using box = await start({ maskedPaths, readonlyPaths: ['/outside/work', '/outside'] });
    assert.equal(await sees(box, [`${victim}/file`, `${victim}/etc/passwd`]), '');
    assert.deepEqual({ victim: picture(victim), machine: machinePicture() }, before);
  });

  it('that are read-only stay so when they are named twice, and through a link', async () => {
    const readonlyPaths = ['/folder', '/folder', '/to-folder'];
    await using box = await start({ maskedPaths: [], readonlyPaths });
    const writes = 'for f in /folder/x /behind-folder/x /x; do (: > $f) 2>&1; done; true';
    const lines = (await box.text(writes)).split('\n');
    assert.equal(lines.length, 2);
    for (const line of lines) assert.match(line, /Read-only file system/);
  });
});
