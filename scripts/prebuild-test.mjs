// SPDX-License-Identifier: Apache-2.0
// Run by node-gyp-build-test: throws unless the addon loads and the helper
// program beside it starts. What throws here makes the install step compile.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root } from './native.mjs';

const require = createRequire(import.meta.url);
const addon = require('node-gyp-build').path(root);
require(addon);
execFileSync(join(dirname(addon), 'slipway-runtime'), ['--version'], { stdio: 'ignore' });
