// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, it } from 'mocha';
import { root } from '../helpers/examples.js';

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const markdown = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));

const files = [...markdown('.'), ...markdown('docs'), ...markdown('docs/decisions')];
const withoutCode = (text: string) => text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '');

// Paths of the repository in backquotes, such as `cpp/init/steps.cc` or `lib/spec/`.
const PATH = /`((?:cpp|lib|test|docs|bench|scripts|\.ci)\/[\w./*-]+)`/g;

const GENERATED = ['docs/api/'];

describe('pages', () => {
  for (const file of files) {
    it(`${file} has no link that leads nowhere`, () => {
      const links = [...withoutCode(read(file)).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)];
      const local = links
        .map(([, target = '']) => target)
        .filter((target) => !/^\w+:/.test(target));
      const missing = local.filter(
        (target) => !existsSync(join(root, normalize(join(dirname(file), target)))),
      );
      assert.deepEqual(missing, []);
    });

    it(`${file} names only files that exist`, () => {
      const named = [...read(file).matchAll(PATH)].map(([, path = '']) => path);
      const missing = named
        .filter((path) => !path.includes('*') && !GENERATED.includes(path))
        .filter((path) => !existsSync(join(root, path)));
      assert.deepEqual(missing, []);
    });
  }
});
