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

// The shell opens 50 descriptors that stay open in what it starts.
const RUDE = `
${Array.from({ length: 50 }, (_, index) => `exec ${index + 20}</etc/hostname;`).join(' ')}
trap '' USR1 USR2 HUP PIPE; umask 077
echo 0x7f > /proc/self/coredump_filter; echo 300 > /proc/self/oom_score_adj
ulimit -S -c 1000 -s 4096 -x 100 -l 32 -q 4096
exec taskset -c 0 chrt --batch 0 ionice -c 3 setarch -R setpriv --securebits +no_setuid_fixup "$@"
`;

const cpus = availableParallelism();
const EXPECTED = [
  '4',
  '0022',
  '/',
  '0 0',
  '0',
  '00000000',
  '00000033',
  'none: prio 0',
  'Securebits: [none]',
  'Max cpu time unlimited',
  'Max file size unlimited',
  'Max data size unlimited',
  'Max stack size 8388608',
  'Max core file size 0',
  'Max resident set unlimited',
  'Max locked memory 8388608',
  'Max address space unlimited',
  'Max file locks unlimited',
  'Max msgqueue size 819200',
  'Max nice priority 0',
  'Max realtime priority 0',
  'Max realtime timeout unlimited',
  'SigBlk:\t0000000000000000',
  'SigIgn:\t0000000000000000',
  `Cpus_allowed_list:\t${cpus === 1 ? '0' : `0-${cpus - 1}`}`,
];

describe('the program of a container', () => {
  needs('root', 'busybox');
  const boxes = useBoxes();

  for (const priority of ['7', '-5']) {
    it(`hands on nothing of what it is, with a nice value of ${priority}`, function () {
      this.timeout(20_000);
      const root = freshRoot();
      try {
        const program = [process.execPath, '--import=tsx', programFile('rude'), root, priority];
        const { stdout, stderr, status } = spawnSync('bash', ['-c', RUDE, 'bash', ...program], {
          encoding: 'utf8',
        });
        assert.equal(status, 0, stderr);
        assert.deepEqual(
          stdout
            .trim()
            .split(/ *\n/)
            .map((line) => line.replace(/ +/g, ' ')),
          EXPECTED,
        );
      } finally {
        rmSync(root, { recursive: true });
      }
    });
  }

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
