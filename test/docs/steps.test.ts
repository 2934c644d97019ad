// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { ERROR_CODES } from '../../lib/index.js';
import { useBoxes } from '../helpers/boxes.js';
import { root } from '../helpers/examples.js';
import { needs } from '../helpers/needs.js';

const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The first column of the table rows of a section. */
function rowsOf(page: string, heading: string): string[] {
  const start = page.indexOf(`\n## ${heading}\n`);
  assert.notEqual(start, -1, `no section ${heading}`);
  const section = page.slice(start + 4).split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, cell = '']) => cell);
}

const stepsInPage = () => rowsOf(read('ARCHITECTURE.md'), 'A start, step by step');

describe('tables', () => {
  it('ARCHITECTURE.md lists the steps of a start', () => {
    const sources = ['cpp/init/steps.cc', 'cpp/init/launch.cc'].map(read).join('\n');
    const inCode = [...sources.matchAll(/clock_?\.begin\("([^"]+)"\)/g)].map(([, step]) => step);
    const [, last = ''] = /kDepartureSteps\{([^}]+)\}/.exec(read('cpp/init/departure.h')) ?? [];
    const shared = [...last.matchAll(/"([^"]+)"/g)].map(([, step]) => step);
    assert.deepEqual(stepsInPage().sort(), [...new Set([...inCode, ...shared])].sort());
  });

  describe('beside a container that takes every step', () => {
    needs('containers', 'busybox');
    const boxes = useBoxes();

    it('ARCHITECTURE.md lists the steps of a start in their order', async () => {
      const box = await boxes.run({ image: 'host', command: ['true'], tty: true });
      const { total: _total, ...steps } = box.timings;
      assert.deepEqual(stepsInPage(), Object.keys(steps));
    });
  });

  it('ARCHITECTURE.md lists the requests of the supervisor', () => {
    const code = read('cpp/supervisor/requests.cc');
    const ops = [...code.matchAll(/request\.op == "([^"]+)"/g)].map(([, op]) => op);
    assert.deepEqual(rowsOf(read('ARCHITECTURE.md'), 'Messages').sort(), ops.sort());
  });

  it('docs/errors.md lists the codes of errors', () => {
    const rows = rowsOf(read('docs/errors.md'), 'Codes');
    assert.deepEqual(rows.sort(), Object.keys(ERROR_CODES).sort());
  });

  it('decisions are numbered without a gap and have about ten lines', () => {
    const names = readdirSync(join(root, 'docs/decisions')).sort();
    names.forEach((name, index) => {
      assert.equal(name.slice(0, 5), `${String(index + 1).padStart(4, '0')}-`);
      const lines = read(join('docs/decisions', name)).trimEnd().split('\n').length;
      assert.ok(lines <= 20, `${name} has ${lines} lines`);
    });
  });
});
