// SPDX-License-Identifier: Apache-2.0
// A machine for tests of configurations, and configurations made on it.
import type { ContainerOptions } from '../../lib/container/options.js';
import { normaliseOptions } from '../../lib/container/validate.js';
import { ALL_CAPABILITIES } from '../../lib/security/capabilities.js';
import { type BuildInput, type BuiltSpec, buildSpec } from '../../lib/spec/build.js';
import type { MachineFacts } from '../../lib/spec/machine.js';

export const ID = '0123456789abcdef'.repeat(4);

/** A machine of root's with cgroup v1, unless told otherwise. */
export function facts(changes: Partial<MachineFacts> = {}): MachineFacts {
  return {
    kernel: [6, 1],
    arch: 'x64',
    rootless: false,
    singleId: false,
    cgroup: 'v1',
    controllers: ['memory', 'cpu', 'cpuset', 'pids', 'blkio', 'devices'],
    swapLimit: true,
    capabilities: ALL_CAPABILITIES,
    hasSysResource: true,
    rlimits: { RLIMIT_NOFILE: { soft: 20_000, hard: 20_000 } },
    oomScoreAdj: 0,
    cpus: '0-1',
    mems: '0',
    cpuCount: 2,
    lsm: [],
    hostname: 'machine',
    hostResolvConf: 'nameserver 127.0.0.53\nnameserver 10.0.0.53\nsearch lan\noptions edns0\n',
    hostHosts: '127.0.0.1 localhost machine',
    ...changes,
  };
}

export const V2: Partial<MachineFacts> = {
  cgroup: 'v2',
  controllers: ['memory', 'cpu', 'cpuset', 'pids', 'io'],
};

/** A machine of an ordinary user's, with one user id. */
export const ROOTLESS_V1: Partial<MachineFacts> = {
  rootless: true,
  singleId: true,
  controllers: [],
  swapLimit: false,
  hasSysResource: false,
};

type Input = Partial<Pick<BuildInput, 'imageConfig' | 'runningId'>>;

/** The configuration of a container with these options. */
export function build(
  options: Partial<ContainerOptions> = {},
  machine: Partial<MachineFacts> = {},
  input: Input = {},
): BuiltSpec {
  return buildSpec({
    options: normaliseOptions({ image: 'host', command: ['true'], ...options }),
    id: ID,
    imageConfig: {},
    machine: facts(machine),
    ...input,
  });
}
