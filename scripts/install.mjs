// SPDX-License-Identifier: Apache-2.0
// npm's install step: nothing to do where a prebuild loads, else compile.
import { createRequire } from 'node:module';
import { buildEnv, run } from './native.mjs';

const nodeGypBuild = createRequire(import.meta.url).resolve('node-gyp-build/bin.js');

try {
  run(process.execPath, [nodeGypBuild], { env: buildEnv() });
} catch (error) {
  console.error(`slipway: no prebuilt binary loads here and compiling failed (${error.message}).`);
  console.error('slipway: compiling needs Linux, python3, make and g++ 12 or newer.');
  process.exitCode = 1;
}
