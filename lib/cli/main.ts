#!/usr/bin/env -S node --
// SPDX-License-Identifier: Apache-2.0
// The `slipway` command. Without the `--` above, Node.js 20 takes an --env-file among the
// words of the command for its own.
import { runProgram } from './program.js';

void runProgram(process.argv.slice(2)).then((code) => process.exit(code));
