// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { Container, Engine, Image } from '../../lib/index.js';
import { debianArchive } from '../helpers/debian.js';
import { needs } from '../helpers/needs.js';
import { readTree, type Tree, type TreeEntry, tarListing } from '../helpers/tar-listing.js';

const ARCHIVE_TIMEOUT_MS = 300_000;
const IMPORT_TIMEOUT_MS = 120_000;
const treeProgram = readFileSync(new URL('../fixtures/debian/tree.py', import.meta.url), 'utf8');

// What a container has in place of the image's own.
const REPLACED = /^\/(dev|proc|sys)(\/|$)|^\/etc\/(hosts|hostname|resolv\.conf)$/;

// The archive has no /etc/hosts: making it changed the time of its folder.
const FILLED = ['/etc'];

function own(tree: Tree): Record<string, TreeEntry> {
  const entries = [...tree].filter(([path]) => path !== '/' && !REPLACED.test(path));
  return Object.fromEntries(
    entries.map(([path, entry]) => [path, FILLED.includes(path) ? { ...entry, mtime: 0 } : entry]),
  );
}

describe('a Debian root imported from an archive', function () {
  needs('root', 'mmdebstrap');
  this.timeout(IMPORT_TIMEOUT_MS);
  let archive: string;
  let root: string;
  let engine: Engine;
  let image: Image;

  before(async function () {
    this.timeout(ARCHIVE_TIMEOUT_MS);
    archive = debianArchive();
    root = mkdtempSync(join(tmpdir(), 'slipway-debian-'));
    engine = new Engine({ root });
    image = await Image.import(archive, { engine, tag: 'debian:test' });
  });

  after(async () => {
    await engine?.close();
    if (root !== undefined) rmSync(root, { recursive: true });
  });

  async function output(command: string[], user = ''): Promise<string> {
    const asUser = user === '' ? {} : { user };
    await using box = await Container.run({ engine, image, command, ...asUser });
    const { exitCode } = await box.wait();
    assert.equal(exitCode, 0, await box.stderr.text());
    return await box.stdout.text();
  }

  it('has every file with the type, mode, owner, size and time of the archive', async () => {
    const expected = own(await tarListing(archive));
    const actual = own(readTree(await output(['python3', '-c', treeProgram])));
    assert.ok(Object.keys(expected).length > 1000);
    assert.deepEqual(actual, expected);
  });

  for (const [user, uid] of [
    ['', '0'],
    ['nobody', '65534'],
    ['_apt', '42'],
  ] as const) {
    const who = user || 'root';

    it(`runs Python as ${who}`, async () => {
      const program = 'import os, sys; print(os.getuid(), sys.version_info.major)';
      assert.equal(await output(['python3', '-c', program], user), `${uid} 3\n`);
    });

    it(`runs Perl as ${who}`, async () => {
      assert.equal(await output(['perl', '-e', 'print "$< ", 6 * 7, "\\n"'], user), `${uid} 42\n`);
    });
  }

  it('does not let another user than root write to files of root', async () => {
    const program = 'try: open("/etc/passwd", "a")\nexcept PermissionError: print("refused")';
    assert.equal(await output(['python3', '-c', program], 'nobody'), 'refused\n');
  });
});
