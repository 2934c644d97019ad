// SPDX-License-Identifier: Apache-2.0
// The same containers as on this kernel, under a filter that answers as older
// ones (test/fixtures/kernels/old-kernel.c). 5.8 is older than what is promised:
// it shows the way without close_range(2), which outer filters may hide.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freshRoot } from '../helpers/boxes.js';
import { needs } from '../helpers/needs.js';
import { programFile } from '../helpers/program.js';

const SOURCE = fileURLToPath(new URL('../fixtures/kernels/old-kernel.c', import.meta.url));

type Answers = Record<string, unknown>;

describe('on an older kernel', () => {
  needs('root', 'userns', 'cgroups', 'cc');
  let folder: string;
  let filter: string;
  let here: Answers;

  // A descriptor that the program is given and nobody else may have.
  function usual(wrapper: string[] = []): Answers {
    const root = freshRoot();
    const extra = openSync(join(folder, 'v/open'), 'w');
    try {
      const [program = '', ...args] = [
        ...wrapper,
        process.execPath,
        '--import=tsx',
        programFile('usual'),
        root,
        join(folder, 'v'),
      ];
      const { stdout, stderr, status } = spawnSync(program, args, {
        stdio: ['ignore', 'pipe', 'pipe', extra],
        encoding: 'utf8',
      });
      assert.equal(status, 0, `${stderr}${stdout}`);
      const lines = stdout.trim().split('\n');
      return Object.assign({}, ...lines.map((line) => JSON.parse(line) as Answers)) as Answers;
    } finally {
      closeSync(extra);
      rmSync(root, { recursive: true, force: true });
    }
  }

  before(function () {
    this.timeout(60_000);
    folder = mkdtempSync(join(tmpdir(), 'slipway-kernel-'));
    filter = join(folder, 'old-kernel');
    execFileSync('cc', ['-O1', '-Wall', '-Wextra', '-Werror', '-o', filter, SOURCE]);
    // Three mounts, one of which another one covers.
    mkdirSync(join(folder, 'v/sub'), { recursive: true });
    mkdirSync(join(folder, 'v/twice here'));
    for (const name of ['sub', 'twice here', 'twice here'])
      execFileSync('mount', ['-t', 'tmpfs', 'below', join(folder, 'v', name)]);
    here = usual();
  });
  after(() => {
    if (folder === undefined) return;
    for (const name of ['sub', 'twice here', 'twice here'])
      spawnSync('umount', [join(folder, 'v', name)]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('this kernel does what the others are compared with', () => {
    const { output } = here['writes'] as { output: string };
    assert.match(output, /^\/w\n\/w\/sub\n\/tmp\n\/proc/);
    assert.match(output, /\n\/proc\/sys ro,.*[\s\S]*\n\/v ro,.*\n\/v\/sub ro,/);
    assert.deepEqual(here['inherited'], [[], []]);
    assert.deepEqual([here['userns'], here['layers']], [['none', ''], 'lowerdir+=']);
  });

  for (const [version, layers, userns] of [
    ['5.8', 'lowerdir=', ['ENOSYS', 'id-mapped mounts need Linux 5.12']],
    ['5.10', 'lowerdir=', ['ENOSYS', 'id-mapped mounts need Linux 5.12']],
    ['5.19', 'lowerdir=', ['none', '']],
    ['6.6', 'lowerdir=', ['none', '']],
    ['6.14', 'lowerdir+=', ['none', '']],
  ] as const) {
    it(`containers of Linux ${version} are those of this kernel`, function () {
      this.timeout(60_000);
      assert.deepEqual(usual([filter, version]), { ...here, layers, userns });
    });
  }
});
