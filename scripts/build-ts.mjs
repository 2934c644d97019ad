// SPDX-License-Identifier: Apache-2.0
// Compiles lib/ to dist/: declarations by tsc, code by esbuild as a few files,
// since loading a hundred small modules costs a program tens of milliseconds.
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
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

// What lib/ imports by name from each module of Node.
function importedNames() {
  const names = new Map();
  for (const file of readdirSync(join(root, 'lib'), { recursive: true })) {
    if (!file.endsWith('.ts')) continue;
    const source = readFileSync(join(root, 'lib', file), 'utf8');
    for (const [, list, module] of source.matchAll(/^import \{([^}]*)\} from '(node:[^']+)';/gm)) {
      const known = names.get(module) ?? names.set(module, new Set()).get(module);
      for (const item of list.split(',').map((text) => text.trim())) {
        if (item !== '' && !item.startsWith('type ')) known.add(item.split(' ')[0]);
      }
    }
  }
  return names;
}

// An import of a module of Node evaluates every lazy property it has, which
// loads half of Node; taking the names from the module itself does not.
const builtins = {
  name: 'builtins',
  setup(build) {
    const names = importedNames();
    build.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'node' }));
    build.onLoad({ filter: /.*/, namespace: 'node' }, ({ path }) => ({
      contents: `export const { ${[...names.get(path)].join(', ')} } = process.getBuiltinModule('${path}');`,
    }));
  },
};

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
  // Names stay, for stack traces without source maps.
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: 'warning',
  plugins: [builtins],
};
await build({ ...common, entryPoints: ['lib/index.ts'] });
// The command line loads each command when it is asked for. Its pieces lie
// beside index.js: lib/native.ts finds the package from its own place.
await build({
  ...common,
  entryPoints: ['lib/cli/main.ts'],
  splitting: true,
  chunkNames: 'chunk-[hash]',
});
for (const file of Object.values(bin)) chmodSync(join(root, file), 0o755);
