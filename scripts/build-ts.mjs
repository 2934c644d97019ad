// SPDX-License-Identifier: Apache-2.0
// Compiles lib/ to dist/ and removes from dist/ what lib/ no longer has.
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root, run } from './native.mjs';

const require = createRequire(import.meta.url);
const dist = join(root, 'dist');

function removeOrphans() {
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const source = file.slice(dist.length).replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts');
    const compiled = entry.isFile() && source.endsWith('.ts');
    if (compiled && !existsSync(join(root, 'lib', source))) rmSync(file);
  }
}

run(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', join(root, 'tsconfig.json')]);
removeOrphans();
for (const file of Object.values(require('../package.json').bin))
  chmodSync(join(root, file), 0o755);
