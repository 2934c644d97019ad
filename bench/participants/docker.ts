// SPDX-License-Identifier: Apache-2.0
// docker and podman, which share a command line. podman gets a store of its
// own, docker a daemon.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Setting } from '../context.js';
import { Dockerd } from './dockerd.js';
import type { Batch, Load, Participant } from './participant.js';
import { once, repeat, repeatParallel } from './repeat.js';

export class DockerLike implements Participant {
  readonly name: 'docker' | 'podman';
  readonly omits = [];
  private readonly image: string;
  private kept: string | undefined;

  /** podman, or the docker of a daemon. */
  constructor(
    private readonly setting: Setting,
    private readonly daemon?: Dockerd,
  ) {
    this.name = daemon ? 'docker' : 'podman';
    this.image = `${setting.workspace.name}:busybox`;
    const archive = join(setting.workspace.dir, `${this.name}.tar`);
    execFileSync('tar', ['-C', setting.workspace.root, '-cf', archive, '.']);
    this.call('import', archive, this.image);
  }

  static async openDocker(setting: Setting): Promise<DockerLike> {
    const daemon = await Dockerd.open(setting);
    try {
      return new DockerLike(setting, daemon);
    } catch (error) {
      await daemon.close();
      throw error;
    }
  }

  // crun refuses hybrid cgroups, and podman's own limits need CAP_SYS_RESOURCE:
  // runc and low limits work anywhere.
  private command(verb: string, ...words: string[]): string[] {
    if (this.daemon) return ['docker', '--host', this.daemon.host, verb, ...words];
    const { dir, state, name } = this.setting.workspace;
    const store = ['--root', join(dir, 'podman'), '--runroot', join(state, 'podman')];
    const flags = ['--cgroup-manager', 'cgroupfs', '--events-backend', 'none', '--runtime', 'runc'];
    const ulimits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=4096:4096'];
    const parent = ['--cgroup-parent', `/${name}-podman`];
    const ofRun = verb === 'run' ? [...parent, ...ulimits] : [];
    return ['podman', ...store, ...flags, verb, ...ofRun, ...words];
  }

  // podman would first ask, and wait ten seconds for an answer.
  private get removal(): [string, ...string[]] {
    return this.name === 'podman' ? ['rm', '--force', '--time', '0'] : ['rm', '--force'];
  }

  private call(verb: string, ...words: string[]): void {
    const [program = '', ...args] = this.command(verb, ...words);
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  }

  private start(
    network: Batch['network'],
    flags: readonly string[],
    ...program: string[]
  ): string[] {
    const limits = ['--memory', '256m', '--cpus', '1.0', '--pids-limit', '128'];
    return this.command('run', ...flags, '--network', network, ...limits, this.image, ...program);
  }

  private id(suffix = '{}'): string {
    return `${this.setting.workspace.name}-${suffix}`;
  }

  run = (batch: Batch) =>
    repeat(this.setting, batch, this.start(batch.network, ['--rm'], '/bin/true'));
  firstByte = (batch: Batch) => {
    const command = this.start(batch.network, ['--rm'], '/bin/echo', 'x');
    return repeat(this.setting, batch, command, { firstByte: true });
  };
  churn = (load: Load) =>
    repeatParallel(this.setting, load, this.start('none', ['--rm'], '/bin/true'));

  private detached(name: string): string[] {
    return this.start('none', ['--detach', '--name', name], '/bin/sleep', '100000');
  }

  async exec(batch: Batch): Promise<number[]> {
    if (this.kept === undefined) {
      this.kept = this.id('exec');
      await once(this.setting, this.detached(this.kept));
    }
    return repeat(this.setting, batch, this.command('exec', this.kept, '/bin/true'));
  }

  kill = (batch: Batch) => {
    const before = this.detached(this.id()).join(' ');
    return repeat(this.setting, batch, this.command(...this.removal, this.id()), { before });
  };

  private removeAll(): void {
    const [program = '', ...args] = this.command('ps', '-aq', '--filter', `name=${this.id('')}`);
    const left = execFileSync(program, args, { encoding: 'utf8' }).split('\n').filter(Boolean);
    if (left.length > 0) this.call(...this.removal, ...left);
    this.call('rmi', '--force', this.image);
  }

  async close(): Promise<void> {
    try {
      this.removeAll();
    } finally {
      await this.daemon?.close();
    }
  }
}
