// SPDX-License-Identifier: Apache-2.0
// A copy of the package, compiled, in a folder that every user may enter: the
// checkout may be where only its owner can look.

import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildSync } from 'esbuild';
import { loadNative } from '../../lib/native.js';
import { root } from './examples.js';
import { programFile } from './program.js';

const require = createRequire(import.meta.url);

export class PublicCopy {
  readonly folder = mkdtempSync(join(tmpdir(), 'slipway-public-'));

  /** With these programs of test/fixtures/programs. */
  constructor(...programs: string[]) {
    chmodSync(this.folder, 0o755);
    this.#copyNative();
    const finder = dirname(require.resolve('node-gyp-build/package.json'));
    cpSync(finder, join(this.folder, 'node_modules', 'node-gyp-build'), { recursive: true });
    copyFileSync(join(root, 'package.json'), join(this.folder, 'package.json'));
    const entries = programs.map((name) => [name, programFile(name)]);
    // All in one folder, since lib/native.ts finds the package from its own place.
    buildSync({
      entryPoints: Object.fromEntries([['slipway', join(root, 'lib/cli/main.ts')], ...entries]),
      outdir: join(this.folder, 'dist'),
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      target: 'node20',
      logLevel: 'warning',
    });
  }

  /** The words that run the command, or one of the programs. */
  command(program = 'slipway'): string[] {
    return [process.execPath, join(this.folder, 'dist', `${program}.js`)];
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #copyNative(): void {
    const to = join(this.folder, 'build', 'Release');
    mkdirSync(to, { recursive: true });
    const from = dirname(loadNative().runtime);
    const files = readdirSync(from).filter((name) => /(\.node|^slipway-runtime)$/.test(name));
    for (const name of files) copyFileSync(join(from, name), join(to, name));
  }
}
