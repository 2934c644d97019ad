// SPDX-License-Identifier: Apache-2.0
// Containers with configurations that no option makes: the usual one, changed
// before it is sent.
import { prepareContainer } from '../../lib/container/create.js';
import { Exec } from '../../lib/container/exec.js';
import { readExecCall } from '../../lib/container/exec-call.js';
import type { Internals } from '../../lib/container/internals.js';
import { removeContainer } from '../../lib/container/remove.js';
import { startContainer } from '../../lib/container/start.js';
import type { ContainerOptions } from '../../lib/index.js';
import type { Linux, Spec } from '../../lib/spec/types.js';
import type { Boxes } from './boxes.js';

/** What replaces parts of the usual configuration. */
export type Change = (usual: Spec) => Spec;

/** Changes the section of Linux alone. */
export const linux =
  (change: Linux): Change =>
  (usual) => ({ ...usual, linux: { ...usual.linux, ...change } });

/** A container that sleeps, with a changed configuration. */
export class SpecBox implements AsyncDisposable {
  private constructor(readonly self: Internals) {}

  static async start(
    { engine, image }: Pick<Boxes, 'engine' | 'image'>,
    change: Change,
    options: Partial<ContainerOptions> = {},
  ): Promise<SpecBox> {
    const usual = await prepareContainer({
      engine,
      image,
      command: ['sleep', '600'],
      ...options,
    });
    const { built } = usual;
    const extras = { ...built.extras, closed: false };
    const self = { ...usual, built: { ...built, spec: change(built.spec), extras } };
    await startContainer(self);
    return new SpecBox(self);
  }

  get pid(): number {
    return this.self.pid;
  }

  /** What a script inside writes, without the last line end. */
  async text(script: string): Promise<string> {
    const { options } = readExecCall({ command: ['sh', '-c', script] });
    const { stdout = '', stderr, exitCode } = await new Exec(this.self, options);
    if (exitCode !== 0) throw new Error(`exit code ${exitCode} of: ${script}\n${stdout}${stderr}`);
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeContainer(this.self, { force: true });
  }
}
