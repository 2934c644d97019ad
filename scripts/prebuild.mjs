// SPDX-License-Identifier: Apache-2.0
// Fills prebuilds/linux-ARCH/ with the addon and the helper of this machine.
// It compiles in a copy of the sources, so that build/ stays as it is.
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildEnv, root, run } from './native.mjs';

const require = createRequire(import.meta.url);
const prebuildify = join(require.resolve('prebuildify/package.json'), '..', 'bin.js');

// --tag-libc comes last: prebuildify would take a word after it as its value.
function compile(copy) {
  const target = `--target=${process.versions.node}`;
  const args = ['--napi', '--strip', target, `--cwd=${copy}`, `--out=${root}`, '--tag-libc'];
  run(process.execPath, [prebuildify, ...args], { cwd: copy, env: buildEnv() });
}

const copy = mkdtempSync(join(tmpdir(), 'slipway-prebuild-'));
try {
  for (const name of ['package.json', 'binding.gyp', 'cpp']) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  rmSync(join(root, 'prebuilds'), { recursive: true, force: true });
  compile(copy);
  const folder = join(root, 'prebuilds', `linux-${process.arch}`);
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(copy, 'build', 'Release', 'slipway-runtime'), join(folder, 'slipway-runtime'));
} finally {
  rmSync(copy, { recursive: true });
}
