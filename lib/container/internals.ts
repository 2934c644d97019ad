// SPDX-License-Identifier: Apache-2.0
// The state of one container that the verbs beside this file share. Nobody
// outside this folder sees it.
import type { Engine } from '../engine/engine.js';
import type { Image } from '../image/image.js';
import type { BuiltSpec } from '../spec/build.js';
import type { Input } from '../stream/input.js';
import type { Output } from '../stream/output.js';
import type { ExitReport } from './exit.js';
import type { NormalisedOptions } from './options.js';

/** Docker's words for where a container is in its life. */
export type ContainerStatus = 'created' | 'running' | 'paused' | 'exited' | 'removing' | 'dead';

export interface Internals {
  readonly engine: Engine;
  readonly id: string;
  readonly name: string;
  readonly image: Image;
  readonly options: NormalisedOptions;
  readonly built: BuiltSpec;
  readonly createdAt: Date;
  status: ContainerStatus;
  /** The folder of its own layer, from the first start on. */
  dir: string | undefined;
  pid: number;
  startedAt: Date | undefined;
  finishedAt: Date | undefined;
  timings: Readonly<Record<string, number>>;
  stdin: Input | null;
  stdout: Output | null;
  stderr: Output | null;
  starting: Promise<void> | undefined;
  /** Of the present or last run. */
  exit: Promise<ExitReport> | undefined;
  report: ExitReport | undefined;
  removing: Promise<void> | undefined;
  cancel: (() => void) | undefined;
  canceled: { reason: unknown } | undefined;
  restartCount: number;
}
