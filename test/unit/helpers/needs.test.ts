// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Each way that Mocha and GoogleTest have; written so that this line is none.
const SKIP = /\bthis\.skip[(]|\b(describe|it)\.skip\b|\bx(describe|it)[(]|\bGTEST_SKIP[(]/;
const tests = join(import.meta.dirname, '../..');

const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const suite = fileURLToPath(new URL('../../fixtures/helpers/needs.ts', import.meta.url));

function runSuite(mustRun: string) {
  const env = { ...process.env, MUST_RUN: mustRun };
  return spawnSync(process.execPath, [mocha, suite], { env, encoding: 'utf8' });
}

describe('needs', () => {
  let strict: ReturnType<typeof runSuite>;
  before(() => {
    strict = runSuite('1');
  });

  it('skips and says what is missing', () => {
    const { status, stdout } = runSuite('0');
    assert.equal(status, 0);
    assert.match(stdout, /needs no-such-program/);
    assert.match(stdout, /2 pending/);
  });

  it('fails under MUST_RUN=1', () => {
    const { status, stdout } = strict;
    assert.equal(status, 1);
    assert.match(stdout, /1 failing/);
    assert.match(stdout, /needs no-such-program, and MUST_RUN forbids to skip/);
  });

  it('skips under MUST_RUN=1 what only another kind of machine has, and names it', () => {
    const { stdout } = strict;
    assert.match(stdout, /skipped: needs (arm|x)64/);
    assert.match(stdout, /1 pending/);
  });

  it('is the one way to skip, as the macros of needs.h are for C++', () => {
    const skips = readdirSync(tests, { recursive: true, encoding: 'utf8' }).filter(
      (name) => /\.(ts|cc|h)$/.test(name) && SKIP.test(readFileSync(join(tests, name), 'utf8')),
    );
    assert.deepEqual(skips.sort(), ['cpp/needs.h', 'helpers/needs.ts']);
  });
});
