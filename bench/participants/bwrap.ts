// SPDX-License-Identifier: Apache-2.0
// bubblewrap with everything it can do of the same work.

import { DEFAULT_CAPABILITIES } from '../../lib/security/capabilities.js';
import type { Setting } from '../context.js';
import type { Batch, Load, Participant } from './participant.js';
import { repeat, repeatParallel } from './repeat.js';

export class Bwrap implements Participant {
  readonly name = 'bwrap';
  readonly omits = [
    'cgroup and limits',
    'overlay: the root is used in place',
    'masked and read-only paths',
    'mqueue, files of /etc',
  ];

  constructor(private readonly setting: Setting) {}

  private command(network: Batch['network'], ...program: string[]): string[] {
    const namespaces = ['ipc', 'pid', 'uts', 'cgroup', ...(network === 'none' ? ['net'] : [])];
    const { root } = this.setting.workspace;
    return [
      'bwrap',
      ...namespaces.map((name) => `--unshare-${name}`),
      ...['--hostname', 'bench', '--bind', root, '/', '--proc', '/proc', '--dev', '/dev'],
      ...['--tmpfs', '/dev/shm', '--ro-bind', '/sys', '/sys', '--new-session', '--clearenv'],
      ...['--cap-drop', 'ALL', ...DEFAULT_CAPABILITIES.flatMap((name) => ['--cap-add', name])],
      ...['--seccomp', '9', ...program],
    ];
  }

  private get options() {
    return { descriptor: this.setting.seccompFile };
  }

  run = (batch: Batch) =>
    repeat(this.setting, batch, this.command(batch.network, '/bin/true'), this.options);
  firstByte = (batch: Batch) => {
    const options = { ...this.options, firstByte: true };
    return repeat(this.setting, batch, this.command(batch.network, '/bin/echo', 'x'), options);
  };
  churn = (load: Load) =>
    repeatParallel(this.setting, load, this.command('none', '/bin/true'), this.options);

  async close(): Promise<void> {}
}
