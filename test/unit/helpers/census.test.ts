// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { assertCensusReturnsTo, assertSameCensus, census } from '../../helpers/census.js';

describe('census', () => {
  it('is the same twice when nothing happens', () => {
    assertSameCensus(census(), census());
  });

  it('notices a file left open', () => {
    const before = census();
    const fd = openSync('/dev/zero', 'r');
    assert.throws(() => assertSameCensus(before, census()), /\/dev\/zero/);
    closeSync(fd);
    assertSameCensus(before, census());
  });

  it('notices a child process and its end', async () => {
    const before = census();
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(child, 'spawn');
    assert.deepEqual(
      census().processes.filter((name) => name === 'sleep'),
      ['sleep'],
    );
    child.kill();
    await once(child, 'exit');
    await assertCensusReturnsTo(before);
  });

  it('lists mounts and network interfaces by name', () => {
    const { mounts, interfaces } = census();
    assert.ok(mounts.includes('/proc'));
    assert.ok(interfaces.includes('lo'));
  });
});
