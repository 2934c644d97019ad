// SPDX-License-Identifier: Apache-2.0
// Sockets with a name in the network of the machine, which a container that
// shares it could speak to: the engine has none.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { childrenOf } from '../../helpers/host.js';
import { numbers, useRange } from './attack.js';

const CONTROL = `slipway-control-${process.pid}`;

/** The sockets of a process, by inode. */
function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  const inodeOf = (fd: string) =>
    /^socket:\[(\d+)\]$/.exec(ifThere(() => readlinkSync(join(folder, fd))) ?? '')?.slice(1) ?? [];
  return (ifThere(() => readdirSync(folder)) ?? []).flatMap(inodeOf);
}

// Descriptors are closed and processes end while they are being looked at.
function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

/** Names of the unix sockets of these processes: abstract ones begin with @, which stands for 0. */
function namesOf(pids: readonly number[]): { names: string[]; sockets: number } {
  const owned = new Set(pids.flatMap(socketsOf));
  const rows = readFileSync('/proc/net/unix', 'utf8').trim().split('\n').slice(1);
  const words = rows.map((row) => row.trim().split(/\s+/));
  const ours = words.filter((row) => owned.has(row[6] ?? ''));
  return {
    names: ours.flatMap((row) => row.slice(7)).map((name) => name.replace(/@+$/, '')),
    sockets: ours.length,
  };
}

describe('unix sockets of the engine', function () {
  this.timeout(20_000);
  const range = useRange('connect');

  it('have no names, and nothing answers a container with the network of the machine', async () => {
    const control = createServer((socket) => socket.destroy()).listen(`\0${CONTROL}`);
    await once(control, 'listening');
    try {
      await using box = await range.start({
        command: ['sleep', '60'],
        network: 'host',
        pid: 'host',
      });
      const exec = box.exec(['sleep', '60']);
      await exec.started;
      const { pid } = await range.engine.supervisor();
      const during = namesOf([process.pid, pid, ...childrenOf(pid)]);
      assert.ok(during.sockets > 2, 'the engine speaks by sockets');
      assert.deepEqual(during.names, [`@${CONTROL}`]);
      const { stdout = '' } = await box.exec(['/probes/connect']);
      assert.equal(numbers(stdout)[CONTROL], 0, stdout); // what has a name could be reached
      await exec.kill('SIGKILL');
    } finally {
      control.close();
    }
  });
});
