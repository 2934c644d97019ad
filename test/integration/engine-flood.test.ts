// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { useBoxes } from '../helpers/boxes.js';
import { needs } from '../helpers/needs.js';

describe('an engine asked for much at once', function () {
  this.timeout(60_000);
  needs('containers', 'busybox');
  const boxes = useBoxes();

  it('answers 300 starts that nobody waited between', async () => {
    const starts = Array.from({ length: 300 }, () =>
      boxes.run({ command: ['true'], autoRemove: true }),
    );
    const exits = (await Promise.all(starts)).map((box) => box.wait());
    assert.ok((await Promise.all(exits)).every(({ exitCode }) => exitCode === 0));
  });

  it('answers 400 execs that nobody waited between', async () => {
    await using box = await boxes.run({ command: ['sleep', '600'] });
    const execs = Array.from({ length: 400 }, (_, index) => box.exec(['echo', String(index)]));
    const results = await Promise.all(execs);
    assert.deepEqual(
      results.map(({ stdout }) => Number(stdout)),
      execs.map((_, index) => index),
    );
  });

  it('input that a program does not read harms nobody', async () => {
    await using box = await boxes.run({ command: ['sleep', '600'] });
    for (let round = 0; round < 5; round++) {
      const result = await box.exec(['true'], { input: 'x'.repeat(1_000_000) });
      assert.equal(result.exitCode, 0);
    }
  });
});
