// SPDX-License-Identifier: Apache-2.0
// What the build scripts share: where things are, and how node-gyp is run.
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const addonPath = join(root, 'build', 'Release', 'slipway.node');
export const helperPath = join(root, 'build', 'Release', 'slipway-runtime');

// The headers installed beside the running node, if there are any: with them
// node-gyp needs no network.
function localHeaders() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  return existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? prefix : undefined;
}

/** The environment in which node-gyp is to run. */
export function buildEnv() {
  const env = { JOBS: String(availableParallelism()), ...process.env };
  const nodedir = env.npm_config_nodedir || localHeaders();
  if (nodedir) env.npm_config_nodedir = nodedir;
  return env;
}

/** Runs a program to its end with our own stdio; throws unless it exits with 0. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) throw result.error;
  if (result.status !== 0) {
    const end = result.signal ?? `exit code ${result.status}`;
    throw new Error(`${command} ${args.join(' ')}: ${end}`);
  }
}
