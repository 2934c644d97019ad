// SPDX-License-Identifier: Apache-2.0
// What the program is does not show in its containers, and they do not disturb it.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { freshRoot, useBoxes } from '../helpers/boxes.js';
import { needs } from '../helpers/needs.js';
import { programFile } from '../helpers/program.js';

describe('the program of a container', () => {
  needs('root', 'busybox');
  const boxes = useBoxes();

  it('hands on no descriptors, signals, umask, folder or priority', function () {
    this.timeout(20_000);
    const root = freshRoot();
    try {
      // The shell opens 50 descriptors that stay open in what it starts.
      const opens = Array.from({ length: 50 }, (_, index) => `exec ${index + 20}</etc/hostname;`);
      const script = `${opens.join(' ')} trap '' USR1 USR2 HUP PIPE; umask 077; exec "$@"`;
      const node = [process.execPath, '--import=tsx', programFile('rude'), root];
      const { stdout, stderr, status } = spawnSync('bash', ['-c', script, 'bash', ...node], {
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      const cpus = availableParallelism();
      assert.deepEqual(stdout.trim().split('\n'), [
        '4',
        '0022',
        '/',
        '0',
        '0',
        'SigBlk:\t0000000000000000',
        'SigIgn:\t0000000000000000',
        `Cpus_allowed_list:\t${cpus === 1 ? '0' : `0-${cpus - 1}`}`,
      ]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it('keeps its own child processes while many containers run and end', async function () {
    this.timeout(30_000);
    const containers = Array.from({ length: 50 }, (_, index) => boxes.sh(`exit ${index}`));
    const children = Array.from({ length: 20 }, async (_, index) => {
      const [code] = await once(spawn('sh', ['-c', `sleep 0.05; exit ${index}`]), 'exit');
      return code as number;
    });
    assert.deepEqual(
      await Promise.all(children),
      Array.from({ length: 20 }, (_, index) => index),
    );
    const codes = (await Promise.all(containers)).map(({ exitCode }) => exitCode);
    assert.deepEqual(
      codes,
      Array.from({ length: 50 }, (_, index) => index),
    );
  });

  it('has the nice value, affinity and folder it had', async () => {
    const cwd = process.cwd();
    const umask = process.umask();
    await boxes.text('umask 0; cd /tmp; true');
    assert.equal(process.cwd(), cwd);
    assert.equal(process.umask(), umask);
  });
});
