// SPDX-License-Identifier: Apache-2.0
// node test/run.mjs [--grep TEXT] GROUP...: runs each group of tests (a folder
// of test/) in a process of its own and closes with one line of counts. A group
// whose process dies, or does not end after its last test, is a failure.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const END_TIMEOUT_MS = 15_000;
const groupScript = fileURLToPath(new URL('./helpers/run-group.mjs', import.meta.url));

// Ends a group that keeps its process alive after the counts have come.
function watchEnd(child, group) {
  return setTimeout(() => {
    console.error(`${group}: the process did not end after the last test`);
    child.kill('SIGKILL');
  }, END_TIMEOUT_MS);
}

async function runGroup(group, grep) {
  const args = grep === undefined ? [group] : [group, grep];
  const child = fork(groupScript, args, { execArgv: ['--import=tsx'] });
  let counts;
  let timer;
  child.on('message', (message) => {
    counts = message;
    timer = watchEnd(child, group);
  });
  const [code, signal] = await once(child, 'exit');
  clearTimeout(timer);
  if (counts && signal === null && (code === 0) === (counts.failed === 0)) return counts;
  console.error(`${group}: the test process ended with ${signal ?? `exit code ${code}`}`);
  const { passed = 0, failed = 0, skipped = 0 } = counts ?? {};
  return { passed, failed: failed + 1, skipped };
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { grep: { type: 'string' } },
  });
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const group of positionals) {
    const counts = await runGroup(group, values.grep);
    for (const key of Object.keys(total)) total[key] += counts[key];
  }
  if (total.failed > 0) process.exitCode = 1;
  if (total.passed + total.failed + total.skipped === 0) {
    console.error(`no test was found in: ${positionals.join(', ') || 'no group'}`);
    process.exitCode = 1;
  }
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
}

main();
