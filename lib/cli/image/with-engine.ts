// SPDX-License-Identifier: Apache-2.0
import { Engine } from '../../index.js';
import type { Globals } from '../command.js';

/** An engine for the time of `work`. */
export async function withEngine<T>(
  { root }: Globals,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = new Engine(root === undefined ? {} : { root });
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}
