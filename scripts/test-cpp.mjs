// SPDX-License-Identifier: Apache-2.0
// Builds and runs the C++ tests under the named CMake presets (default: asan).
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root, run } from './native.mjs';

const presets = process.argv.slice(2);
const jobs = String(availableParallelism());
const total = { tests: 0, failures: 0, skipped: 0 };

function addResults(path) {
  const suite = readFileSync(path, 'utf8').match(/<testsuite\b[^>]*>/)[0];
  for (const key of Object.keys(total)) {
    total[key] += Number(suite.match(new RegExp(`\\b${key}="(\\d+)"`))[1]);
  }
  const disabled = suite.match(/\bdisabled="(\d+)"/);
  total.skipped += Number(disabled?.[1] ?? 0);
}

for (const preset of presets.length ? presets : ['asan']) {
  const report = join(root, 'build-cmake', preset, 'results.xml');
  run('cmake', ['--preset', preset]);
  run('cmake', ['--build', '--preset', preset, '--target', 'test-cpp', '--parallel', jobs]);
  rmSync(report, { force: true });
  const ctest = ['--preset', preset, '--parallel', jobs, '--output-junit', report];
  const { status } = spawnSync('ctest', ctest, { cwd: root, stdio: 'inherit' });
  addResults(report);
  if (status !== 0) process.exitCode = 1;
}

const passed = total.tests - total.failures - total.skipped;
console.log(`${passed} passed, ${total.failures} failed, ${total.skipped} skipped`);
