// SPDX-License-Identifier: Apache-2.0
// Nothing of a container's life uses libuv's pool, in which an application's files
// may wait for long.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { freshRoot } from '../helpers/boxes.js';
import { needs } from '../helpers/needs.js';
import { startProgram } from '../helpers/program.js';

const LIMIT_MS = 8000;

describe('while every thread of the pool waits', () => {
  needs('containers');

  it('containers start, run others, stream, end and are removed, and engines close', async () => {
    const root = freshRoot();
    const pipe = join(root, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const child = startProgram('full-pool', [join(root, 'engine'), pipe], {
      env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
      timeout: LIMIT_MS,
    });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    try {
      await once(child, 'close');
      const lines = output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.deepEqual(
        lines.map(({ done, value }) => [done, value]),
        [
          ['run', 'running'],
          ['exec', 'x'],
          ['pause and resume', 'running'],
          ['streams', 'through\n'],
          ['wait', 0],
          ['remove', 'dead'],
          ['stop', 'SIGKILL'],
          ['fail', 'ERR_COMMAND_NOT_FOUND'],
          ['close', false],
          ['pool', true],
        ],
      );
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});
