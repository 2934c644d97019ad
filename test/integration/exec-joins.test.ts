// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Container, ExecCall } from '../../lib/index.js';
import { useBoxes } from '../helpers/boxes.js';
import { fieldOf, namespaceOf } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';

describe('what an exec shares with its container', () => {
  needs('root', 'busybox', 'cgroups');
  const boxes = useBoxes();
  let box: Container;
  beforeEach(async () => {
    box = await boxes.run({
      env: { A: 'of container' },
      workdir: '/tmp',
      memory: '64m',
      pidsLimit: 30,
    });
  });
  const shell = async (script: string, options: Partial<ExecCall> = {}) => {
    const {
      stdout = '',
      stderr,
      exitCode,
    } = await box.exec({ command: ['sh', '-c', script], ...options });
    assert.equal(exitCode, 0, stderr);
    return stdout;
  };
  const status = async (field: string, options: Partial<ExecCall> = {}) =>
    fieldOf(await shell('exec cat /proc/self/status', options), field);

  it('is every namespace and every cgroup', async () => {
    const sleeping = box.exec(['sleep', '600']);
    await sleeping.started;
    for (const type of ['mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup', 'user']) {
      assert.equal(namespaceOf(sleeping.pid, type), namespaceOf(box.pid, type), type);
    }
    const cgroups = (pid: number) => readFileSync(`/proc/${pid}/cgroup`, 'utf8');
    assert.equal(cgroups(sleeping.pid), cgroups(box.pid));
  });

  it('is its root, not its first process: a new session without a terminal', async () => {
    const [, , , , , session, tty] = (await shell('exec cat /proc/self/stat')).split(' ');
    assert.notEqual(session, '1');
    assert.equal(tty, '0');
  });

  it('are capabilities and the filter', async () => {
    assert.equal(await status('CapEff'), '00000000a80425fb');
    assert.equal(await status('CapBnd'), '00000000a80425fb');
    assert.equal(await status('CapInh'), '0000000000000000');
    assert.equal(await status('Seccomp'), '2');
    assert.equal(await status('SigIgn'), '0000000000000000');
  });

  it('are environment, working directory and limits of memory', async () => {
    assert.equal(await shell('echo $A; pwd'), 'of container\n/tmp');
    const result = await box.exec(['sh', '-c', 'tail /dev/zero']);
    assert.equal(result.exitCode, 137);
  });

  it('is the limit of processes, which a fork bomb does not pass', async () => {
    const { stderr } = await box.exec([
      'sh',
      '-c',
      'i=0; while [ $i -lt 60 ]; do sleep 5 & i=$((i+1)); done',
    ]);
    assert.match(stderr ?? '', /can't fork|Resource temporarily unavailable/);
  });

  it('env, workdir and user can be others', async () => {
    const options = { env: { A: 'own', B: 'more' }, workdir: '/', user: 'app:extra' };
    assert.equal(
      await shell('echo $A $B; pwd; id -u; id -g; echo $HOME', options),
      'own more\n/\n1000\n3000\n/home/app',
    );
    assert.match(await status('CapEff', options), /^0+$/);
  });

  it('a workdir that is not there is refused, and not made', async () => {
    await assert.rejects(Promise.resolve(box.exec(['true'], { workdir: '/none' })), {
      code: 'ENOENT',
      step: 'enter working folder',
      path: '/none',
    });
  });

  it('privileged and capAdd give more', async () => {
    assert.equal(await status('CapEff', { capAdd: ['NET_ADMIN'] }), '00000000a80435fb');
    const all = readFileSync('/proc/self/status', 'utf8');
    assert.equal(await status('CapEff', { privileged: true }), fieldOf(all, 'CapEff'));
    assert.equal(await status('Seccomp', { privileged: true }), '0');
  });

  it('no descriptor but its three', async () => {
    assert.equal(await shell('ls /proc/self/fd | wc -l'), '4');
  });

  it('a process that is debugged from inside shows nothing of the outside', async () => {
    const looking = box.exec([
      'sh',
      '-c',
      'for i in 1 2 3 4 5 6 7 8 9; do readlink /proc/[0-9]*/exe /proc/[0-9]*/cwd /proc/[0-9]*/root 2>/dev/null; done',
    ]);
    const others = Array.from({ length: 20 }, () => box.exec(['true']));
    await Promise.all(others);
    const { stdout = '' } = await looking;
    const seen = new Set(stdout.split('\n'));
    assert.deepEqual(
      [...seen].filter((path) => !['/', '/tmp', '/bin/busybox', ''].includes(path)),
      [],
    );
  });
});
