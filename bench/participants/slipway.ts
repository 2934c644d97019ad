// SPDX-License-Identifier: Apache-2.0
// Slipway as a program uses it: the built package, in this process.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Setting } from '../context.js';
import type { Churn } from '../programs.js';
import type { Batch, Load, Participant } from './participant.js';

export const PACKAGE = new URL('../../dist/index.js', import.meta.url);

interface Box {
  stdout: NodeJS.ReadableStream | null;
  wait(): Promise<{ exitCode: number | null }>;
  exec(command: readonly string[]): PromiseLike<{ exitCode: number }>;
  kill(): Promise<unknown>;
}

// The part of the package used here, loaded at run time: a benchmark measures
// what was built, and may be type-checked before anything is.
interface Package {
  Engine: new (options: { root: string }) => AsyncDisposable;
  Image: { import(folder: string, options: object): Promise<unknown> };
  Container: { run(options: object): Promise<Box> };
}

const micros = () => performance.now() * 1000;

async function expectZero(box: Box): Promise<void> {
  const { exitCode } = await box.wait();
  if (exitCode !== 0) throw new Error(`container ended with ${exitCode}`);
}

async function firstByteOf(stream: NodeJS.ReadableStream): Promise<void> {
  for await (const chunk of stream) if (chunk.length > 0) return;
  throw new Error('the container wrote nothing');
}

export class Slipway implements Participant {
  readonly name = 'slipway';
  readonly omits = [];
  private kept: Box | undefined;

  private constructor(
    private readonly setting: Setting,
    private readonly container: Package['Container'],
    private readonly engine: AsyncDisposable,
    private readonly image: unknown,
  ) {}

  static async open(setting: Setting): Promise<Slipway> {
    if (!existsSync(PACKAGE)) throw new Error('dist/ is missing: npm run build:ts');
    const { Engine, Image, Container } = (await import(PACKAGE.href)) as Package;
    const engine = new Engine({ root: join(setting.workspace.dir, 'slipway') });
    const image = await Image.import(setting.workspace.root, { tag: 'bench:busybox', engine });
    return new Slipway(setting, Container, engine, image);
  }

  start(
    command: readonly string[],
    network: Batch['network'] = 'none',
    more: object = {},
  ): Promise<Box> {
    const limits = { memory: '256m', cpus: 1, pidsLimit: 128 };
    const { image, engine } = this;
    return this.container.run({
      image,
      command,
      network,
      ...limits,
      autoRemove: true,
      engine,
      ...more,
    });
  }

  private async measure(
    { samples, idleMs }: Batch,
    once: () => Promise<number>,
  ): Promise<number[]> {
    const values: number[] = [];
    while (values.length < samples) {
      this.setting.signal.throwIfAborted();
      if (idleMs > 0) await sleep(idleMs);
      values.push(await once());
    }
    return values;
  }

  /** One container that runs /bin/true, until it is removed. */
  async runTrue(network: Batch['network'] = 'none'): Promise<void> {
    await expectZero(await this.start(['/bin/true'], network));
  }

  run = (batch: Batch) =>
    this.measure(batch, async () => {
      const begin = micros();
      await this.runTrue(batch.network);
      return micros() - begin;
    });

  firstByte = (batch: Batch) =>
    this.measure(batch, async () => {
      const begin = micros();
      const box = await this.start(['/bin/echo', 'x'], batch.network, { stdout: 'pipe' });
      if (!box.stdout) throw new Error('the container has no stdout');
      await firstByteOf(box.stdout);
      const elapsed = micros() - begin;
      await expectZero(box);
      return elapsed;
    });

  async exec(batch: Batch): Promise<number[]> {
    this.kept ??= await this.start(['/bin/sleep', '100000']);
    const box = this.kept;
    return this.measure(batch, async () => {
      const begin = micros();
      const { exitCode } = await box.exec(['/bin/true']);
      if (exitCode !== 0) throw new Error(`exec ended with ${exitCode}`);
      return micros() - begin;
    });
  }

  kill = ({ samples, idleMs, network }: Batch) =>
    this.measure({ samples, idleMs: 0, network }, async () => {
      const box = await this.start(['/bin/sleep', '100000']);
      if (idleMs > 0) await sleep(idleMs);
      const begin = micros();
      await box.kill();
      await box.wait();
      return micros() - begin;
    });

  async churn({ parallel, seconds }: Load): Promise<Churn> {
    const begin = performance.now();
    let completed = 0;
    const worker = async () => {
      while (performance.now() - begin < seconds * 1000) {
        this.setting.signal.throwIfAborted();
        await this.runTrue();
        completed++;
      }
    };
    await Promise.all(Array.from({ length: parallel }, worker));
    return { completed, seconds: (performance.now() - begin) / 1000 };
  }

  async close(): Promise<void> {
    if (this.kept) {
      await this.kept.kill();
      await this.kept.wait();
    }
    await this.engine[Symbol.asyncDispose]();
  }
}
