// SPDX-License-Identifier: Apache-2.0
// One way to run a container, measured beside the others.
import type { Churn } from '../programs.js';

export interface Batch {
  samples: number;
  /** Waited before each sample. */
  idleMs: number;
  /** A network namespace with nothing but loopback, or the host's network. */
  network: 'none' | 'host';
}

export interface Load {
  parallel: number;
  seconds: number;
}

export type Latency = 'run' | 'firstByte' | 'exec' | 'kill';

/** Each method answers microseconds, one number a sample. A missing one cannot be measured. */
export interface Participant {
  readonly name: string;
  /** What it leaves undone of the work that the others do. */
  readonly omits: readonly string[];
  run?(batch: Batch): Promise<number[]>;
  firstByte?(batch: Batch): Promise<number[]>;
  exec?(batch: Batch): Promise<number[]>;
  kill?(batch: Batch): Promise<number[]>;
  churn?(load: Load): Promise<Churn>;
  close(): Promise<void>;
}
