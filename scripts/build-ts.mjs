// SPDX-License-Identifier: Apache-2.0
// Compiles lib/ to dist/: declarations by tsc, code by esbuild as a few files,
// since loading a hundred small modules costs a program tens of milliseconds.
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { root, run } from './native.mjs';

const require = createRequire(import.meta.url);
const { bin, engines } = require('../package.json');
const dist = join(root, 'dist');
const target = `node${/\d+\.\d+/.exec(engines.node)[0]}`;

// What lib/ no longer has, and the code of the build before.
function removeOrphans() {
  if (!existsSync(dist)) return;
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const code = /\.js(\.map)?$/.test(entry.name);
    const source = file.slice(dist.length).replace(/\.d\.ts(\.map)?$/, '.ts');
    const orphan = source.endsWith('.ts') && !existsSync(join(root, 'lib', source));
    if (entry.isFile() && (code || orphan)) rmSync(file);
  }
}

removeOrphans();
run(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', join(root, 'tsconfig.json')]);

const common = {
  absWorkingDir: root,
  outdir: 'dist',
  outbase: 'lib',
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  target,
  sourcemap: true,
  logLevel: 'warning',
};
buildSync({ ...common, entryPoints: ['lib/index.ts'] });
// The command line loads each command when it is asked for. Its pieces lie
// beside index.js: lib/native.ts finds the package from its own place.
buildSync({
  ...common,
  entryPoints: ['lib/cli/main.ts'],
  splitting: true,
  chunkNames: 'chunk-[hash]',
});
for (const file of Object.values(bin)) chmodSync(join(root, file), 0o755);
