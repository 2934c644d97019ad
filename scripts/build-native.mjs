// SPDX-License-Identifier: Apache-2.0
// Compiles the addon and the helper with node-gyp, incrementally, and not at
// all when nothing they are made of has changed since the last time: npm gives
// every installed header a new date, so make alone would compile it all again.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { addonPath, buildEnv, helperPath, root, run } from './native.mjs';

const stampPath = join(root, 'build', 'Release', 'inputs.sha256');
const require = createRequire(import.meta.url);

function inputFiles() {
  return readdirSync(join(root, 'cpp'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .concat(join(root, 'binding.gyp'))
    .sort();
}

function fingerprint() {
  const packages = ['node-addon-api', '@nozbe/simdjson'].map(
    (name) => `${name}@${require(`${name}/package.json`).version}`,
  );
  const { version } = require('../package.json');
  const hash = createHash('sha256');
  hash.update(JSON.stringify([version, process.version, process.arch, packages]));
  for (const file of inputFiles()) hash.update(`\0${file}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

function isCurrent(stamp) {
  const built = [addonPath, helperPath, stampPath].every((path) => existsSync(path));
  return built && readFileSync(stampPath, 'utf8') === stamp;
}

const stamp = fingerprint();
if (!isCurrent(stamp)) {
  run('node-gyp', ['configure', 'build', '--loglevel=error'], { env: buildEnv() });
  writeFileSync(stampPath, stamp);
}
