// SPDX-License-Identifier: Apache-2.0
// config.json for the OCI runtimes that run beside Slipway: Docker's defaults,
// the limits of the benchmark, no rlimits.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_CAPABILITIES } from '../lib/security/capabilities.js';
import { maskedPaths, READONLY_PATHS } from '../lib/security/paths.js';
import type { LinuxSeccomp } from '../lib/spec/seccomp-types.js';

const ENV = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root'];

const GUARDED = ['nosuid', 'noexec', 'nodev'];

const DEVICES = [
  [1, 3],
  [1, 5],
  [1, 7],
  [1, 8],
  [1, 9],
  [5, 0],
  [5, 2],
  [136, undefined],
] as const;

export interface BundleOptions {
  root: string;
  args: readonly string[];
  /** A network namespace of its own, or the host's. */
  netns: boolean;
  seccomp: LinuxSeccomp;
  /** Files of /etc to bind mount: name to source. */
  files: Readonly<Record<string, string>>;
}

function mounts(files: BundleOptions['files']): object[] {
  const bind = (name: string, source: string) => ({
    destination: `/etc/${name}`,
    type: 'bind',
    source,
    options: ['bind', 'rprivate'],
  });
  const mount = (destination: string, type: string, options: string[]) => ({
    destination,
    type,
    source: type,
    options,
  });
  return [
    mount('/proc', 'proc', GUARDED),
    mount('/dev', 'tmpfs', ['nosuid', 'mode=755', 'size=65536k']),
    mount('/dev/pts', 'devpts', [
      'nosuid',
      'noexec',
      'newinstance',
      'ptmxmode=0666',
      'mode=0620',
      'gid=5',
    ]),
    mount('/dev/shm', 'tmpfs', [...GUARDED, 'mode=1777', 'size=65536k']),
    mount('/dev/mqueue', 'mqueue', GUARDED),
    mount('/sys', 'sysfs', [...GUARDED, 'ro']),
    mount('/sys/fs/cgroup', 'cgroup', [...GUARDED, 'ro']),
    ...Object.entries(files).map(([name, source]) => bind(name, source)),
  ];
}

function resources(): object {
  const allowed = DEVICES.map(([major, minor]) => ({
    allow: true,
    type: 'c',
    major,
    minor,
    access: 'rwm',
  }));
  return {
    devices: [{ allow: false, access: 'rwm' }, ...allowed],
    memory: { limit: 256 * 2 ** 20, swap: 512 * 2 ** 20 },
    cpu: { period: 100_000, quota: 100_000 },
    pids: { limit: 128 },
  };
}

function makeConfig({ root, args, netns, seccomp, files }: BundleOptions): object {
  const namespaces = ['pid', 'mount', 'ipc', 'uts', 'cgroup', ...(netns ? ['network'] : [])];
  const capabilities = {
    bounding: DEFAULT_CAPABILITIES,
    effective: DEFAULT_CAPABILITIES,
    permitted: DEFAULT_CAPABILITIES,
  };
  return {
    ociVersion: '1.0.2',
    process: { user: { uid: 0, gid: 0 }, args, env: ENV, cwd: '/', capabilities },
    root: { path: root },
    hostname: 'bench',
    mounts: mounts(files),
    linux: {
      namespaces: namespaces.map((type) => ({ type })),
      resources: resources(),
      maskedPaths: maskedPaths(cpus().length),
      readonlyPaths: READONLY_PATHS,
      seccomp,
    },
  };
}

/** Writes a bundle folder and answers its path. */
export function writeBundle(dir: string, options: BundleOptions): string {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'config.json'), JSON.stringify(makeConfig(options)));
  return dir;
}
