// SPDX-License-Identifier: Apache-2.0
// SIGKILL of the program, of its supervisor and of both. What they held is gone
// by itself, or when the next engine opens on the root.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Container, Engine } from '../../lib/index.js';
import { freshRoot, leftFolders } from '../helpers/boxes.js';
import { cgroupsNamed, isAlive, processesWith, statusOf, until } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';
import { jsonLines, startProgram } from '../helpers/program.js';

const ROUNDS = process.env['SLIPWAY_LONG'] === '1' ? 500 : 25;

interface Held {
  id: string;
  supervisor: number;
  pids: number[];
}

describe('after a crash', () => {
  needs('root', 'cgroups');
  let root: string;
  const programs: ChildProcess[] = [];
  beforeEach(() => {
    root = freshRoot();
  });
  afterEach(() => {
    for (const program of programs.splice(0)) program.kill('SIGKILL');
    rmSync(root, { recursive: true, force: true });
  });

  async function start(way: string, count = 1): Promise<{ program: ChildProcess; held: Held }> {
    const program = startProgram('hold', [root, way, String(count)]);
    programs.push(program);
    const held = (await jsonLines(program)()) as unknown as Held;
    return { program, held };
  }

  async function opened(): Promise<void> {
    await using engine = new Engine({ root });
    await using box = await Container.run({ engine, image: 'host', command: ['true'] });
    assert.equal((await box.wait()).exitCode, 0);
  }

  function nothingLeft({ id, pids }: Held): void {
    assert.deepEqual(pids.filter(isAlive), []);
    assert.deepEqual(processesWith(id).map(describeProcess), []);
    assert.deepEqual(cgroupsNamed(id), []);
    assert.deepEqual(leftFolders(root), []);
  }

  // Names what is left, for the message of a failure.
  function describeProcess(pid: number): string {
    return `${pid} ${statusOf(pid, 'Name')} ${statusOf(pid, 'State')} of ${statusOf(pid, 'PPid')}`;
  }

  it('of the program its supervisor removes everything by itself', async () => {
    const { program, held } = await start('hold', 3);
    program.kill('SIGKILL');
    await until('the supervisor has ended', () => !isAlive(held.supervisor));
    nothingLeft(held);
  });

  it('of the supervisor the program is told and the next engine removes the rest', async () => {
    const engine = new Engine({ root });
    const box = await Container.run({ engine, image: 'host', command: ['sleep', '600'] });
    const { pid } = box;
    const supervisor = (await engine.supervisor()).pid;
    const waiting = box.wait();
    process.kill(supervisor, 'SIGKILL');
    assert.equal((await waiting).signal, 'SIGKILL');
    await until('the container has ended', () => !isAlive(pid));
    const run = Container.run({ engine, image: 'host', command: ['true'] });
    await assert.rejects(run, { code: 'ERR_SUPERVISOR_GONE' });
    await engine.close();
    await opened();
    nothingLeft({ id: engine.id, supervisor, pids: [pid] });
  });

  it('of both the next engine removes everything', async () => {
    const { program, held } = await start('hold', 3);
    process.kill(held.supervisor, 'SIGSTOP');
    program.kill('SIGKILL');
    await once(program, 'exit');
    process.kill(held.supervisor, 'SIGKILL');
    await until('the containers have ended', () => !held.pids.some(isAlive));
    await opened();
    nothingLeft(held);
  });

  it('of both whose root folder is deleted the next engine on any root removes the cgroups', async () => {
    const { program, held } = await start('hold', 2);
    process.kill(held.supervisor, 'SIGSTOP');
    program.kill('SIGKILL');
    await once(program, 'exit');
    process.kill(held.supervisor, 'SIGKILL');
    await until('the containers have ended', () => !held.pids.some(isAlive));
    rmSync(root, { recursive: true });
    root = freshRoot();
    assert.notDeepEqual(cgroupsNamed(held.id), []);
    await opened();
    assert.deepEqual(cgroupsNamed(held.id), []);
  });

  it(`at ${ROUNDS} moments of starts and stops nothing is left`, async function () {
    this.timeout(ROUNDS * 4000);
    for (let round = 0; round < ROUNDS; round++) {
      const { program, held } = await start('churn');
      await delay(Math.random() * 60);
      if (round % 3 === 0) process.kill(held.supervisor, 'SIGKILL');
      program.kill('SIGKILL');
      await once(program, 'exit');
      await until('the supervisor has ended', () => !isAlive(held.supervisor));
      await opened();
      nothingLeft(held);
    }
  });

  it('a running engine on the same root keeps what it has', async () => {
    await using engine = new Engine({ root });
    const box = await Container.run({ engine, image: 'host', command: ['sleep', '600'] });
    const { program, held } = await start('hold');
    process.kill(held.supervisor, 'SIGKILL');
    program.kill('SIGKILL');
    await once(program, 'exit');
    await opened();
    assert.deepEqual(cgroupsNamed(held.id), []);
    assert.equal((await box.exec(['true'])).exitCode, 0);
  });
});

describe('when the program ends without close', () => {
  needs('root', 'cgroups');

  for (const [way, code] of [
    ['exit', 3],
    ['throw', 1],
  ] as const) {
    it(`by ${way}, nothing is left once its supervisor has ended`, async () => {
      const root = freshRoot();
      try {
        const program = startProgram('hold', [root, way, '3'], {
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        const held = (await jsonLines(program)()) as unknown as Held;
        const [exitCode] =
          program.exitCode === null ? await once(program, 'exit') : [program.exitCode];
        assert.equal(exitCode, code);
        await until('the supervisor has ended', () => !isAlive(held.supervisor));
        assert.deepEqual(held.pids.filter(isAlive), []);
        assert.deepEqual(cgroupsNamed(held.id), []);
        assert.deepEqual(leftFolders(root), []);
      } finally {
        rmSync(root, { recursive: true });
      }
    });
  }
});
