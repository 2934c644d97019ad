// SPDX-License-Identifier: Apache-2.0
// Execs whose process or agent is killed on the way, and who shares memory meanwhile.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before } from 'mocha';
import type { Container, SlipwayError } from '../../lib/index.js';
import { freshRoot, useBoxes } from '../helpers/boxes.js';
import { siblingsInCgroup, until } from '../helpers/host.js';
import { whileHeld } from '../helpers/lease.js';
import { needs } from '../helpers/needs.js';

// Whether two processes have one memory (kcmp(2), KCMP_VM).
const COMPARE = `
import ctypes, platform, sys
number = {'x86_64': 312, 'aarch64': 272}[platform.machine()]
print(ctypes.CDLL(None).syscall(number, int(sys.argv[1]), int(sys.argv[2]), 1, 0, 0))
`;

type Look = (agent: number, child: number) => void | Promise<void>;

describe('an exec that is killed', () => {
  needs('root', 'busybox', 'cgroups', 'python3');
  const boxes = useBoxes();
  const shared = freshRoot();
  after(() => rmSync(shared, { recursive: true }));

  // Its agent and its execs, as children of the supervisor.
  let supervisor = 0;
  before(async () => {
    supervisor = (await boxes.engine.supervisor()).pid;
  });
  const othersOf = (box: Container) => siblingsInCgroup(supervisor, box.pid);
  const agentOf = async (box: Container) => {
    assert.equal((await box.exec(['echo', 'on'])).stdout, 'on');
    const [agent = 0, ...more] = othersOf(box);
    assert.deepEqual(more, []);
    return agent;
  };
  const outcome = (exec: Promise<{ exitCode: number }>) =>
    exec.then(
      ({ exitCode }) => exitCode,
      ({ code }: SlipwayError) => code,
    );

  it('at any moment by the container harms no other', async function () {
    this.timeout(60_000);
    const box = await boxes.run({
      command: ['sh', '-c', 'while :; do kill -KILL -1; done 2>/dev/null'],
    });
    const outcomes = new Set<number | string>();
    let agent = 0;
    const killed = () => outcomes.has(137) || outcomes.has('ECHILD');
    // On a busy machine the container may not get to kill any for a while.
    for (let round = 0; round < 10 || !killed(); round++) {
      const many = Array.from({ length: 20 }, () => outcome(Promise.resolve(box.exec(['true']))));
      for (const one of await Promise.all(many)) outcomes.add(one);
      await box.kill('SIGSTOP');
      const now = await agentOf(box);
      assert.ok(agent === 0 || agent === now, 'the agent was replaced');
      agent = now;
      await box.kill('SIGCONT');
    }
    for (const one of outcomes) assert.ok([0, 137, 'ECHILD'].includes(one), `${one}`);
    const ending = box.wait();
    await box.kill();
    assert.equal((await ending).signal, 'SIGKILL');
  });

  it('by nobody, but stopped, keeps no container from its end', async () => {
    for (const pid of ['host', 'private'] as const) {
      const box = await boxes.run({ pid, volumes });
      await held(box, async (_agent, child) => {
        process.kill(child, 'SIGSTOP');
        const ending = box.wait();
        await box.kill();
        assert.equal((await ending).signal, 'SIGKILL');
      });
    }
  });

  it('while the container holds it before its program is not waited for', async function () {
    this.timeout(30_000);
    const stopAll = 'for p in $(ls /proc); do kill -STOP $p; done 2>/dev/null';
    const box = await boxes.run({ command: ['sh', '-c', `while :; do ${stopAll}; done`] });
    const before = othersOf(box).length;
    const ends = async (options: { timeoutMs?: number; signal?: AbortSignal }) =>
      box.exec(['true'], options).then(
        ({ timedOut, signal }) => (timedOut ? `timed out ${signal}` : 'ran'),
        ({ code }: SlipwayError) => code,
      );
    const outcomes = new Set<string>();
    const held = () => outcomes.has('timed out SIGKILL') && outcomes.has('ERR_CANCELED');
    // On a busy machine the container may not come to them for a while.
    while (!held()) {
      const abort = new AbortController();
      const timed = Array.from({ length: 10 }, () => ends({ timeoutMs: 300 }));
      const canceled = Array.from({ length: 10 }, () => ends({ signal: abort.signal }));
      setTimeout(() => abort.abort(), 300);
      for (const one of await Promise.all([...timed, ...canceled])) outcomes.add(one);
    }
    for (const one of outcomes)
      assert.ok(['ran', 'timed out SIGKILL', 'ERR_CANCELED'].includes(one), one);
    // All of them are gone, but for the one that they come from.
    await until('they have ended', () => othersOf(box).length <= before + 1);
  });

  it('with its agent is told so, and the next ones have another', async function () {
    this.timeout(60_000);
    const box = await boxes.run();
    for (let round = 0; round < 10; round++) {
      const agent = await agentOf(box);
      const many = Array.from({ length: 20 }, () => outcome(Promise.resolve(box.exec(['true']))));
      await delay(round / 2);
      process.kill(agent, 'SIGKILL');
      for (const one of await Promise.all(many)) {
        assert.ok([0, 'ECHILD', 'ESRCH'].includes(one), `${one}`);
      }
    }
    await box.remove({ force: true });
  });

  // The pids of the agent and of an exec that waits in its execve.
  const held = async (box: Container, look: Look) => {
    const agent = await agentOf(box);
    await whileHeld(join(shared, 'true'), async (release) => {
      const waiting = outcome(Promise.resolve(box.exec(['/shared/true'])));
      await until('it is born', () => othersOf(box).length === 2);
      const child = othersOf(box).find((pid) => pid !== agent) ?? 0;
      await until('it opens its program', () => /open|lease/.test(stackOf(child)));
      await look(agent, child);
      release();
      assert.equal(await waiting, box.running ? 0 : 137);
    });
  };
  const stackOf = (pid: number) => readFileSync(`/proc/${pid}/wchan`, 'utf8');
  const haveOneMemory = (a: number, b: number) => {
    const answer = execFileSync('python3', ['-c', COMPARE, `${a}`, `${b}`], { encoding: 'utf8' });
    assert.match(answer.trim(), /^[012]$/);
    return answer.trim() === '0';
  };
  const volumes = [`${shared}:/shared`];

  it('has its memory from its agent until it has its own', async () => {
    const box = await boxes.run({ volumes });
    await held(box, (agent, child) => assert.equal(haveOneMemory(agent, child), true));
  });

  it('has a copy where a process of the container may look into others', async () => {
    const apart = (agent: number, child: number) =>
      assert.equal(haveOneMemory(agent, child), false);
    await held(await boxes.run({ volumes, capAdd: ['SYS_PTRACE'] }), apart);
    const joined = await boxes.run({ volumes });
    const joining = await boxes.run({ volumes, pid: `container:${joined.id}` });
    await held(joined, apart);
    await held(joining, apart);
    const entered = await boxes.run({ volumes });
    await entered.exec(['true'], { capAdd: ['SYS_PTRACE'] });
    await held(entered, apart);
  });
});
