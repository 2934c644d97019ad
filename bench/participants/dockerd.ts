// SPDX-License-Identifier: Apache-2.0
// A docker daemon of the bench's own, with a containerd of its own, all of it in
// the folders of one run: another daemon of the machine is neither asked nor
// disturbed, nor are its rules of the packet filter and its bridge.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Setting } from '../context.js';

const START_TIMEOUT_MS = 30_000;
const END_TIMEOUT_MS = 15_000;

/** Has the two programs, whether or not a daemon of them runs. */
export function missingDockerd(): string | undefined {
  const lacks = ['docker', 'dockerd', 'containerd'].filter(
    (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status !== 0,
  );
  return lacks.length === 0 ? undefined : `no ${lacks.join(', no ')}`;
}

interface Daemon {
  program: string;
  child: ChildProcess;
  log: string;
}

export class Dockerd {
  readonly host: string;
  private readonly dir: string;
  private readonly run: string;
  private readonly daemons: Daemon[] = [];

  private constructor(private readonly setting: Setting) {
    this.dir = join(setting.workspace.dir, 'dockerd');
    this.run = join(setting.workspace.state, 'dockerd');
    for (const folder of [this.dir, this.run]) mkdirSync(folder);
    this.host = `unix://${this.run}/docker.sock`;
  }

  static async open(setting: Setting): Promise<Dockerd> {
    const dockerd = new Dockerd(setting);
    try {
      await dockerd.startContainerd();
      await dockerd.startDockerd();
    } catch (error) {
      await dockerd.close();
      throw error;
    }
    return dockerd;
  }

  // In a session of its own, so that Ctrl-C leaves it until it is closed; but when
  // the bench is killed it ends too.
  private spawn(program: string, args: readonly string[]): Daemon {
    const log = join(this.dir, `${program}.log`);
    const fd = openSync(log, 'w');
    try {
      const child = spawn('setpriv', ['--pdeathsig', 'TERM', program, ...args], {
        stdio: ['ignore', fd, fd],
        detached: true,
      });
      const daemon = { program, child, log };
      this.daemons.push(daemon);
      return daemon;
    } finally {
      closeSync(fd);
    }
  }

  private async answering({ program, child, log }: Daemon, asked: () => boolean): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (!asked()) {
      this.setting.signal.throwIfAborted();
      const ended = child.exitCode ?? child.signalCode;
      if (ended !== null || performance.now() > deadline)
        throw new Error(`${program}: ${ended ?? 'no answer'}\n${readFileSync(log, 'utf8')}`);
      await sleep(50);
    }
  }

  private get containerd(): string {
    return join(this.run, 'containerd.sock');
  }

  private async startContainerd(): Promise<void> {
    const config = join(this.dir, 'containerd.toml');
    writeFileSync(config, 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n');
    const folders = [
      '--root',
      join(this.dir, 'containerd'),
      '--state',
      join(this.run, 'containerd'),
    ];
    const daemon = this.spawn('containerd', [
      '--config',
      config,
      '--address',
      this.containerd,
      ...folders,
    ]);
    const ask = ['--address', this.containerd, 'version'];
    await this.answering(daemon, () => spawnSync('ctr', ask, { stdio: 'ignore' }).status === 0);
  }

  private async startDockerd(): Promise<void> {
    const config = join(this.dir, 'daemon.json');
    const settings = {
      hosts: [this.host],
      containerd: this.containerd,
      'data-root': join(this.dir, 'data'),
      'exec-root': join(this.run, 'exec'),
      pidfile: join(this.run, 'docker.pid'),
      'cgroup-parent': `/${this.setting.workspace.name}-docker`,
      'exec-opts': ['native.cgroupdriver=cgroupfs'],
      bridge: 'none',
      iptables: false,
      'ip-forward': false,
      'ip-masq': false,
      'userland-proxy': false,
    };
    writeFileSync(config, JSON.stringify(settings));
    const daemon = this.spawn('dockerd', ['--config-file', config]);
    const ask = ['--host', this.host, 'version'];
    await this.answering(daemon, () => spawnSync('docker', ask, { stdio: 'ignore' }).status === 0);
  }

  /** Ends the last one started first: dockerd asks containerd to the end. */
  async close(): Promise<void> {
    for (const { child } of this.daemons.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), END_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    }
    this.daemons.length = 0;
    this.unmount();
  }

  // dockerd leaves the host's network namespace mounted.
  private unmount(): void {
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[4] ?? '')
      .filter((path) => [this.dir, this.run].some((folder) => path.startsWith(`${folder}/`)));
    for (const path of mounts.reverse()) execFileSync('umount', [path]);
  }
}
