#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The `slipway` command.
import { runProgram } from './program.js';

void runProgram(process.argv.slice(2)).then((code) => process.exit(code));
