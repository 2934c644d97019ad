// SPDX-License-Identifier: Apache-2.0
// A container that holds something back holds back nobody else: the supervisor
// serves all containers from one thread.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freshRoot, useBoxes } from '../helpers/boxes.js';
import { statusOf, until } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';

const TRACE = `
$| = 1;
until ($pid) {
  ($pid) = grep { open(F, "/proc/$_/cmdline") && <F> =~ /^sleep\\W601/ } map { /(\\d+)$/ } glob('/proc/[0-9]*');
}
syscall(101, 0x4206, 0 + $pid, 0, 0) == 0 or die $!;
print "traced\\n";
sleep 600;
`;

describe('other containers start at once', () => {
  needs('root', 'busybox', 'cgroups');
  const boxes = useBoxes();

  async function startTakes(): Promise<number> {
    const began = Date.now();
    assert.equal(await boxes.text('echo served'), 'served');
    return Date.now() - began;
  }

  describe('where the number of ptrace is 101', () => {
    needs('x64');

    it('while a process of a container holds the end of another by tracing it', async () => {
      const box = await boxes.run({ image: 'host', command: ['sleep', '600'] });
      const traced = box.exec(['sleep', '601']);
      const tracer = box.exec(['perl', '-e', TRACE]);
      assert.equal((await tracer.stdout?.lines().next())?.value, 'traced');
      await traced.kill('SIGKILL');
      await startTakes();
      assert.ok((await startTakes()) < 1000);
      await tracer.kill('SIGKILL');
      assert.equal((await traced).signal, 'SIGKILL');
    });
  });

  it('while a pause waits for a process that does not stand still', async function () {
    this.timeout(20_000);
    const folder = freshRoot();
    const disk = join(folder, 'disk');
    const mounted = join(folder, 'mounted');
    mkdirSync(mounted);
    const sh = (...[program = '', ...args]: string[]) =>
      execFileSync(program, args, { stdio: 'ignore' });
    sh('truncate', '-s', '8M', disk);
    sh('mkfs.ext4', '-q', disk);
    sh('mount', '-o', 'loop', disk, mounted);
    try {
      const box = await boxes.run({
        volumes: [`${mounted}:/disk`],
        command: ['sh', '-c', 'echo begin; read; echo x > /disk/x; exec sleep 600'],
        stdin: 'pipe',
      });
      await box.stdout.lines().next();
      sh('fsfreeze', '-f', mounted);
      try {
        box.stdin.write('go\n');
        await until('it is in an uninterruptible wait', () =>
          statusOf(box.pid, 'State').startsWith('D'),
        );
        const pausing = box.pause();
        const refused = assert.rejects(pausing, { code: 'ETIMEDOUT' });
        const took = await startTakes();
        assert.ok(took < 400, `${took} ms`);
        await refused;
        assert.equal(box.status, 'running');
      } finally {
        sh('fsfreeze', '-u', mounted);
      }
      await box.pause();
      await box.remove({ force: true });
    } finally {
      sh('umount', mounted);
      rmSync(folder, { recursive: true });
    }
  });
});
