// SPDX-License-Identifier: Apache-2.0
// Formatters and linters of both languages; with --fix they repair what they
// can. The C++ tools are not npm packages: they may be missing, except in CI.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root } from './native.mjs';

const fix = process.argv.includes('--fix');
const bin = (name) => join(root, 'node_modules', '.bin', name);

function filesBelow(folders, pattern) {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)),
    )
    .filter((name) => pattern.test(name))
    .sort();
}

function report(text) {
  console.error(`lint: ${text}`);
  process.exitCode = 1;
}

function lint(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) report(`${command} found problems`);
}

// A tool outside of npm: absence is said aloud, and is a failure in CI.
function hasTool(name) {
  if (spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0) return true;
  const text = `${name} is not installed, its checks were left out`;
  if (process.env.CI === 'true') report(text);
  else console.error(`lint: ${text}`);
  return false;
}

function lintTypeScript() {
  lint(bin('biome'), ['check', '--error-on-warnings', ...(fix ? ['--write'] : []), '.']);
  const folders = ['lib', 'test', 'bench'].filter((name) => filesBelow([name], /\.ts$/).length > 0);
  lint(bin('eslint'), ['--max-warnings=0', ...(fix ? ['--fix'] : []), ...folders]);
}

function formatCpp() {
  const files = filesBelow(['cpp', 'test/cpp', 'bench'], /\.(c|cc|h)$/);
  lint('clang-format-19', [...(fix ? ['-i'] : ['--dry-run', '-Werror']), ...files]);
}

// The compile database comes from CMake; the JSON parser's source is not ours,
// and tests are checked by the compiler and the sanitizers.
function lintCpp() {
  lint('cmake', ['--preset', 'release', '--log-level=WARNING']);
  const options = ['-clang-tidy-binary=clang-tidy-19', '-p=build-cmake/release', '-quiet'];
  const ours = `^${root}/cpp/(?!spec/simdjson).*\\.cc$`;
  lint('run-clang-tidy-19', [...options, `-j${availableParallelism()}`, ours]);
}

lintTypeScript();
if (hasTool('clang-format-19')) formatCpp();
if (!fix && hasTool('clang-tidy-19') && hasTool('cmake')) lintCpp();
