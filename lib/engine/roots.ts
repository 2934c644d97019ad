// SPDX-License-Identifier: Apache-2.0
// Where an engine keeps its files.
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface EngineRoots {
  /** Images, layers, and the folders of containers. */
  readonly root: string;
  /** State of what is running. */
  readonly run: string;
}

/** `root` of the options, else SLIPWAY_ROOT, else the system's or the user's place. */
export function chooseRoots(root: string | undefined, env = process.env): EngineRoots {
  const chosen = root ?? (env.SLIPWAY_ROOT || undefined);
  if (chosen !== undefined) {
    const absolute = resolve(chosen);
    return { root: absolute, run: join(absolute, 'run') };
  }
  const uid = process.getuid?.() ?? 0;
  if (uid === 0) return { root: '/var/lib/slipway', run: '/run/slipway' };
  const data = env.XDG_DATA_HOME || join(homedir(), '.local', 'share');
  const runtime = env.XDG_RUNTIME_DIR
    ? join(env.XDG_RUNTIME_DIR, 'slipway')
    : join(tmpdir(), `slipway-${uid}`);
  return { root: join(data, 'slipway'), run: runtime };
}
