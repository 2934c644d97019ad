// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { ExampleProject } from '../helpers/example-project.js';
import { allExamples, type Example } from '../helpers/examples.js';
import { needs } from '../helpers/needs.js';

const RUN_TIMEOUT_MS = 90_000;

// Those of a fresh clone compile the package: the gate of .ci/ runs them.
const examples = allExamples().filter((example) => !example.needs.includes('fresh-clone'));
const kinds = new Map<string, Example[]>();
for (const example of examples) {
  const kind = ['containers', ...example.needs].join(' ');
  kinds.set(kind, [...(kinds.get(kind) ?? []), example]);
}

describe('examples of README.md and docs/', function () {
  this.timeout(RUN_TIMEOUT_MS);
  let project: ExampleProject;

  before(() => {
    project = new ExampleProject();
  });

  after(() => project.remove());

  it('compile in a strict project', () => {
    const modules = examples.filter(({ language }) => language === 'ts');
    assert.ok(modules.length > 0);
    for (const example of modules) project.write(example);
    assert.equal(project.check(), '');
  });

  for (const [kind, list] of kinds) {
    describe(`that need ${kind}`, () => {
      needs(...kind.split(' '));

      for (const example of list) {
        it(`${example.place} runs${example.output === undefined ? '' : ' and prints what it says'}`, () => {
          const { status, stdout, stderr } = project.run(example);
          assert.equal(status, 0, `${stdout}${stderr}`);
          if (example.output !== undefined) assert.equal(stdout, example.output, stderr);
        });
      }
    });
  }
});
