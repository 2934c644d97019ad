// SPDX-License-Identifier: Apache-2.0
// The C programs that make the same system calls and nothing else, and below
// them the floor: the same /bin/true with no container around it.
import { join } from 'node:path';
import type { Setting } from '../context.js';
import { type Churn, runProgram, type Timing, warmed } from '../programs.js';
import type { Batch, Load, Participant } from './participant.js';
import { repeat } from './repeat.js';

export class Limit implements Participant {
  readonly name = 'limit';
  readonly omits = [];

  constructor(private readonly setting: Setting) {}

  private common(network: Batch['network']): string[] {
    const { workspace, seccompFile } = this.setting;
    const folders = ['--root', workspace.root, '--work', workspace.dir, '--state', workspace.state];
    const cgroup = ['--cgroup-name', `${workspace.name}-limit`];
    return [
      ...folders,
      ...cgroup,
      '--seccomp',
      seccompFile,
      network === 'none' ? '--net' : '--no-net',
    ];
  }

  private async measure(program: string, batch: Batch, ...more: string[]): Promise<number[]> {
    const counts = ['--iterations', `${batch.samples + 1}`, '--idle-ms', `${batch.idleMs}`];
    const args = [...this.common(batch.network), ...counts, ...more];
    const path = join(this.setting.programs, program);
    const timing = await runProgram<Timing>(path, args, this.setting.signal);
    return warmed(timing.microseconds);
  }

  run = (batch: Batch) => this.measure('limit-run', batch);
  firstByte = (batch: Batch) => this.measure('limit-run', batch, '--first-byte');
  exec = (batch: Batch) => this.measure('limit-exec', batch);
  kill = (batch: Batch) => this.measure('limit-kill', batch);

  churn({ parallel, seconds }: Load): Promise<Churn> {
    const load = ['--parallel', `${parallel}`, '--seconds', `${seconds}`];
    const path = join(this.setting.programs, 'limit-run');
    return runProgram<Churn>(path, [...this.common('none'), ...load], this.setting.signal);
  }

  async close(): Promise<void> {}
}

export class Floor implements Participant {
  readonly name = 'no container';
  readonly omits = ['everything: fork, exec and wait of the same program'];

  constructor(private readonly setting: Setting) {}

  private program(name: string): string {
    return join(this.setting.workspace.root, 'bin', name);
  }

  run = (batch: Batch) => repeat(this.setting, batch, [this.program('true')]);
  firstByte = (batch: Batch) =>
    repeat(this.setting, batch, [this.program('echo'), 'x'], { firstByte: true });

  async close(): Promise<void> {}
}
