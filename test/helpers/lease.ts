// SPDX-License-Identifier: Apache-2.0
// A program whose execve waits: opening a file that somebody else has a write
// lease on waits for him (fcntl(2)). Tests that use it begin with needs('python3').
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';

const LEASE = `
import fcntl, os, signal, sys
signal.signal(signal.SIGIO, signal.SIG_IGN)
file = os.open(sys.argv[1], os.O_RDONLY)
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print('held', flush=True)
sys.stdin.read()
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
`;

/** Puts a `true` at `path` and runs `use` while nobody can open it, until `release`. */
export async function whileHeld(
  path: string,
  use: (release: () => void) => Promise<void>,
): Promise<void> {
  copyFileSync(execFileSync('which', ['busybox'], { encoding: 'utf8' }).trim(), path);
  const holder = spawn('python3', ['-c', LEASE, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    await once(holder.stdout, 'data');
    await use(() => void holder.stdin.end());
  } finally {
    holder.kill();
  }
}
