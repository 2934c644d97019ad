// SPDX-License-Identifier: Apache-2.0
// crun and runc, each on bundles that say what Slipway does by default.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Setting } from '../context.js';
import { cgroupMode } from '../machine.js';
import { writeBundle } from '../oci-config.js';
import type { Churn } from '../programs.js';
import type { Batch, Load, Participant } from './participant.js';
import { once, type RepeatOptions, repeat, repeatParallel } from './repeat.js';

const COMMANDS = {
  true: ['/bin/true'],
  echo: ['/bin/echo', 'x'],
  sleep: ['/bin/sleep', '100000'],
} as const;
const UNIFIED = '/sys/fs/cgroup/unified';

export class OciRuntime implements Participant {
  readonly omits = ['overlay: the root is used in place'];
  private readonly dir: string;
  private readonly files: Record<string, string> = {};
  private kept: string | undefined;

  constructor(
    readonly name: 'crun' | 'runc',
    private readonly setting: Setting,
  ) {
    this.dir = join(setting.workspace.dir, name);
    mkdirSync(this.dir);
    for (const file of ['hosts', 'hostname', 'resolv.conf']) {
      this.files[file] = join(this.dir, file);
      writeFileSync(join(this.dir, file), 'bench\n');
    }
  }

  private bundle(command: keyof typeof COMMANDS, network: Batch['network']): string {
    const { workspace, seccomp } = this.setting;
    const args = COMMANDS[command];
    const netns = network === 'none';
    const dir = join(this.dir, `${command}-${network}`);
    return writeBundle(dir, { root: workspace.root, args, netns, seccomp, files: this.files });
  }

  // crun 1.8 refuses a machine that shows it a v2 tree beside v1 hierarchies.
  private get options(): RepeatOptions {
    const hides = this.name === 'crun' && cgroupMode() === 'hybrid' && existsSync(UNIFIED);
    return hides ? { unmount: UNIFIED } : {};
  }

  private command(...words: string[]): string[] {
    return [this.name, '--root', join(this.dir, 'state'), ...words];
  }

  private id(suffix = '{}'): string {
    return `${this.setting.workspace.name}-${this.name}-${suffix}`;
  }

  private start(command: keyof typeof COMMANDS, network: Batch['network']): string[] {
    return this.command('run', '--bundle', this.bundle(command, network), this.id());
  }

  run = (batch: Batch) =>
    repeat(this.setting, batch, this.start('true', batch.network), this.options);
  firstByte = (batch: Batch) =>
    repeat(this.setting, batch, this.start('echo', batch.network), {
      ...this.options,
      firstByte: true,
    });
  churn = (load: Load): Promise<Churn> =>
    repeatParallel(this.setting, load, this.start('true', 'none'), this.options);

  private detached(id: string): string[] {
    return this.command('run', '--detach', '--bundle', this.bundle('sleep', 'none'), id);
  }

  async exec(batch: Batch): Promise<number[]> {
    if (this.kept === undefined) {
      this.kept = this.id('exec');
      await once(this.setting, this.detached(this.kept), this.options);
    }
    return repeat(this.setting, batch, this.command('exec', this.kept, '/bin/true'), this.options);
  }

  kill = (batch: Batch) => {
    const before = this.detached(this.id()).join(' ');
    return repeat(this.setting, batch, this.command('delete', '--force', this.id()), {
      ...this.options,
      before,
    });
  };

  async close(): Promise<void> {
    if (this.kept === undefined) return;
    const setting = { ...this.setting, signal: AbortSignal.timeout(10_000) };
    await once(setting, this.command('delete', '--force', this.kept), this.options);
    this.kept = undefined;
  }
}
