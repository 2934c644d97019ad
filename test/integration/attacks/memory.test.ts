// SPDX-License-Identifier: Apache-2.0
// A container that may trace others looks into all that is born in it: what other
// containers were given is in none of these processes.
import assert from 'node:assert/strict';
import type { Container } from '../../../lib/index.js';
import { useBoxes } from '../../helpers/boxes.js';
import { siblingsInCgroup } from '../../helpers/host.js';
import { needs } from '../../helpers/needs.js';

const SECONDS = 1.5;

// Reads the memory of each process that has the engine's name and of what it
// becomes, until it has looked long enough.
const LOOK = `
import os, re, time
found, looks, end = set(), 0, time.time() + ${SECONDS}
while time.time() < end:
    for name in os.listdir('/proc'):
        if not name.isdigit() or name in ('1', str(os.getpid())): continue
        try:
            maps = [line for line in open(f'/proc/{name}/maps') if 'rw-p' in line]
            memory = open(f'/proc/{name}/mem', 'rb', 0)
            for line in maps:
                first, last = [int(at, 16) for at in line.split()[0].split('-')]
                memory.seek(first)
                found.update(re.findall(rb'SECRET-[A-Z]+', memory.read(min(last - first, 8 << 20))))
                looks += 1
        except OSError: pass
print(looks, *sorted(text.decode() for text in found))
`;

describe('the memory of what is born in a container', () => {
  needs('root', 'cgroups', 'python3');
  const boxes = useBoxes();

  const secret = (name: string) => ({ SECRET: `SECRET-${name}`, PAD: 'x'.repeat(3000) });
  const host = { image: 'host' } as const;

  // A container that shares its pid namespace, and is seen there from its birth on.
  const join = async (box: Container) => {
    const joined = { pid: `container:${box.id}`, command: ['true'], env: secret('OWN') } as const;
    await (await boxes.run({ ...host, ...joined })).wait();
  };
  const agentOf = async (box: Container) => {
    const [agent] = siblingsInCgroup((await boxes.engine.supervisor()).pid, box.pid);
    return agent ?? assert.fail('no agent');
  };

  async function lookedInto(bear: (box: Container, other: Container) => Promise<unknown>) {
    const other = await boxes.run({ ...host, env: secret('START') });
    const looking = { command: ['python3', '-c', LOOK], capAdd: ['SYS_PTRACE'] };
    const box = await boxes.run({ ...host, ...looking });
    const ended = box.wait();
    let over = false;
    void ended.then(() => {
      over = true;
    });
    while (!over) {
      // The container may end meanwhile.
      await bear(box, other).catch(() => {});
    }
    assert.equal((await ended).exitCode, 0);
    const [looks, ...found] = (await box.stdout.text()).trim().split(' ');
    assert.ok(Number(looks) > 100, `${looks} looks`);
    return found;
  }

  it('has nothing of another container when it is an exec', async function () {
    this.timeout(20_000);
    const found = await lookedInto(async (box, other) => {
      await other.exec(['true'], { env: secret('EXEC') });
      await box.exec(['true'], { env: secret('OWN') });
    });
    assert.deepEqual(found, ['SECRET-OWN']);
  });

  it('has nothing of another container when it shares its pid namespace', async function () {
    this.timeout(20_000);
    const found = await lookedInto(async (box, other) => {
      await other.exec(['true'], { env: secret('EXEC') });
      await join(box);
    });
    assert.deepEqual(found, ['SECRET-OWN']);
  });

  it('has nothing of the execs of another container that wait for their agent', async function () {
    this.timeout(20_000);
    const waiting: Promise<unknown>[] = [];
    let agent = 0;
    const found = await lookedInto(async (box, other) => {
      if (waiting.length === 0) {
        await other.exec(['true']);
        agent = await agentOf(other);
        process.kill(agent, 'SIGSTOP');
        const exec = async () => void (await other.exec(['true'], { env: secret('WAITING') }));
        for (let index = 0; index < 200; index++) waiting.push(exec());
      }
      await join(box);
    });
    process.kill(agent, 'SIGCONT');
    await Promise.all(waiting);
    assert.deepEqual(found, ['SECRET-OWN']);
  });
});
