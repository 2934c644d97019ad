// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const suite = fileURLToPath(new URL('../../fixtures/helpers/needs.ts', import.meta.url));

function runSuite(mustRun: string) {
  const env = { ...process.env, MUST_RUN: mustRun };
  return spawnSync(process.execPath, [mocha, suite], { env, encoding: 'utf8' });
}

describe('needs', () => {
  it('skips and says what is missing', () => {
    const { status, stdout } = runSuite('0');
    assert.equal(status, 0);
    assert.match(stdout, /needs no-such-program/);
    assert.match(stdout, /1 pending/);
  });

  it('fails under MUST_RUN=1', () => {
    const { status, stdout } = runSuite('1');
    assert.equal(status, 1);
    assert.match(stdout, /1 failing/);
  });
});
