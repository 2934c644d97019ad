// SPDX-License-Identifier: Apache-2.0
// Started by test/run.mjs: runs test/GROUP/**/*.test.ts and sends the counts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Mocha from 'mocha';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [group, grep] = process.argv.slice(2);

function testFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name))
    .sort();
}

async function main() {
  const { timeout } = JSON.parse(readFileSync(join(root, '.mocharc.json'), 'utf8'));
  const mocha = new Mocha({ reporter: 'spec', timeout, forbidOnly: true, ...(grep && { grep }) });
  mocha.files = testFiles(join(root, 'test', group));
  await mocha.loadFilesAsync();
  const runner = mocha.run(() => {
    const { passes, failures, pending } = runner.stats;
    process.exitCode = failures > 0 ? 1 : 0;
    process.send({ passed: passes, failed: failures, skipped: pending });
  });
}

main();
