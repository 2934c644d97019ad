// SPDX-License-Identifier: Apache-2.0
// Which process attaches the filter of an exec: the one that all execs come from
// once for all, where that hinders nothing, or else each for itself.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before } from 'mocha';
import type { Container, ContainerOptions, ExecResult } from '../../lib/index.js';
import type { LinuxSeccomp } from '../../lib/spec/seccomp-types.js';
import { useBoxes } from '../helpers/boxes.js';
import { childrenOf, siblingsInCgroup, statusOf, until } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';

const FILTERS = 'grep -E "^Seccomp|^Seccomp_filters" /proc/self/status | tr -d "\\n\\t"';
const ONE_FILTER = 'Seccomp:2Seccomp_filters:1';
const NO_FILTER = 'Seccomp:0Seccomp_filters:0';

// What a busybox shell needs besides.
const OF_BUSYBOX = `arch_prctl set_tid_address set_robust_list rseq readlink readlinkat uname getpid
  getppid getuid geteuid getgid getegid getgroups rt_sigaction rt_sigreturn sigaltstack setuid setgid
  wait4 fork vfork clone3 pipe pipe2 dup dup2 stat lstat statx access writev sendfile prlimit64
  getrlimit gettid tgkill time nanosleep clock_nanosleep getxattr poll`.split(/\s+/);

const refusing = (...names: string[]): LinuxSeccomp => ({
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [{ names, action: 'SCMP_ACT_ERRNO', errnoRet: 1 }],
});

// The calls that the source of the engine names.
function callsOfAgents(): string[] {
  const source = readFileSync('cpp/supervisor/worn_filter.cc', 'utf8');
  const list = source.match(/kCalls\[\] = \{(.*?)\n\};/s)?.[1] ?? '';
  const names = [...list.matchAll(/SYS_(\w+)/g)].map(([, name]) => name as string);
  assert.ok(names.length > 30);
  return [...names, 'clone'];
}

describe('the filter of an exec', () => {
  needs('root', 'busybox', 'cgroups');
  const boxes = useBoxes();

  let supervisor = 0;
  before(async () => {
    supervisor = (await boxes.engine.supervisor()).pid;
  });
  const filters = async (box: Container, options = {}) => {
    const result: ExecResult = await box.exec(['sh', '-c', FILTERS], options);
    assert.equal(result.exitCode, 0, result.stderr);
    return result.stdout;
  };
  const agentOf = (box: Container) => {
    const [agent = 0, ...more] = siblingsInCgroup(supervisor, box.pid);
    assert.deepEqual(more, []);
    return agent;
  };
  const worn = (box: Container) => statusOf(agentOf(box), 'Seccomp');
  const withProfile = (seccomp: LinuxSeccomp): Partial<ContainerOptions> => ({
    securityOpt: [{ seccomp }],
  });

  it('is worn by the process that all execs come from', async () => {
    const box = await boxes.run();
    assert.equal(await filters(box), ONE_FILTER);
    assert.equal(await filters(box, { user: '1000' }), ONE_FILTER);
    assert.equal(worn(box), '2');
  });

  it('is none where one exec is privileged, and that of the others is theirs', async () => {
    const box = await boxes.run();
    assert.equal(await filters(box), ONE_FILTER);
    const wearing = agentOf(box);
    const both = [ONE_FILTER, NO_FILTER];
    const mixed = Array.from({ length: 40 }, async (_, index) => {
      assert.equal(await filters(box, { privileged: index % 2 === 1 }), both[index % 2]);
    });
    await Promise.all(mixed);
    await until('the one that wore it has ended', () => !childrenOf(supervisor).includes(wearing));
    assert.equal(worn(box), '0');
    assert.equal(await filters(box), ONE_FILTER);
  });

  it('is attached by each where it refuses what the start of an exec needs', async () => {
    for (const name of ['setgroups', 'getcwd', 'recvmsg', 'execveat']) {
      const box = await boxes.run(withProfile(refusing(name)));
      assert.equal(await filters(box), ONE_FILTER, name);
      assert.equal(worn(box), name === 'execveat' ? '2' : '0', name);
    }
  });

  it('may allow no more than what the start of an exec is known to need', async () => {
    const names = [...new Set([...callsOfAgents(), ...OF_BUSYBOX])];
    const profile: LinuxSeccomp = {
      defaultAction: 'SCMP_ACT_KILL_PROCESS',
      syscalls: [
        { names, action: 'SCMP_ACT_ALLOW' },
        { names: ['keyctl'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 },
      ],
    };
    const options: Partial<ContainerOptions> = {
      oomScoreAdj: 100,
      ulimits: { nofile: 100 },
      workdir: '/made/for/it',
    };
    const box = await boxes.run({ ...withProfile(profile), ...options });
    assert.equal(await filters(box), ONE_FILTER);
    assert.equal(worn(box), '2');
    const agent = agentOf(box);
    assert.equal(
      await filters(box, { user: 'root', env: { BIG: 'x'.repeat(100_000) } }),
      ONE_FILTER,
    );
    assert.equal(await filters(box, { capAdd: ['SYS_PTRACE'], workdir: '/' }), ONE_FILTER);
    const tty = box.exec(['sh', '-c', FILTERS], { tty: true });
    assert.equal((await tty).stdout, ONE_FILTER);
    await assert.rejects(box.exec(['/not/there']), { code: 'ERR_COMMAND_NOT_FOUND' });
    await assert.rejects(box.exec(['true'], { user: 'nobody-of-this-name' }));
    await Promise.all(Array.from({ length: 40 }, () => filters(box)));
    assert.equal(agentOf(box), agent);
  });

  it('keeps no container from its end where the process that wears it is stopped', async () => {
    for (const pid of ['private', 'host'] as const) {
      const box = await boxes.run({ pid });
      assert.equal(await filters(box), ONE_FILTER);
      const wearing = agentOf(box);
      process.kill(wearing, 'SIGSTOP');
      const waiting = box.exec(['true']).then(
        () => 'ended',
        () => 'failed',
      );
      await new Promise(setImmediate); // it is asked for first
      assert.equal(await filters(box, { privileged: true }), NO_FILTER);
      assert.equal(statusOf(wearing, 'State')[0], 'T');
      await box.kill();
      assert.equal(await waiting, 'failed');
      await box.wait();
      await until('nothing is left', () => !childrenOf(supervisor).includes(wearing));
    }
  });
});
