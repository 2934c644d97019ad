// SPDX-License-Identifier: Apache-2.0
// Getting the participants that Debian offers.
import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';

const PACKAGES = {
  podman: 'podman',
  crun: 'crun',
  runc: 'runc',
  bwrap: 'bubblewrap',
  dockerd: 'docker.io',
};
const POLICY = '/usr/sbin/policy-rc.d';

// Debian starts a service that it installs, unless this program forbids it.
function withoutServices(work: () => void): void {
  try {
    writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    work(); // by the machine's own policy
    return;
  }
  try {
    work();
  } finally {
    rmSync(POLICY);
  }
}

const isThere = (program: string) =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

/** Installs what is not there; what is there is neither upgraded nor replaced. */
export function installPeers(): void {
  const missing = Object.entries(PACKAGES).filter(([program]) => !isThere(program));
  if (missing.length === 0) return;
  const flags = ['-y', '--no-install-recommends', '--no-upgrade', '--no-remove'];
  const args = ['install', ...flags, ...missing.map(([, name]) => name)];
  withoutServices(() => {
    execFileSync('apt-get', args, {
      stdio: 'inherit',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  });
}
