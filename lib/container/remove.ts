// SPDX-License-Identifier: Apache-2.0
// The end of a container's record, folder and streams.
import { ConflictError } from '../errors.js';
import type { Internals } from './internals.js';
import { unregister } from './registry.js';
import { stopContainer } from './signal.js';

/** What {@link Container.remove} takes. */
export interface RemoveOptions {
  /** Kills the container first if it runs. Default: false. Docker: `docker rm --force`. */
  force?: boolean;
}

/** Idempotent: a container that is gone already stays gone. */
export function removeContainer(self: Internals, options: RemoveOptions): Promise<void> {
  const active = self.status === 'running' || self.status === 'paused' || self.starting;
  if (active && options.force !== true) {
    return Promise.reject(
      new ConflictError(
        `cannot remove container "/${self.name || self.id.slice(0, 12)}": container is running: stop the container before removing or force remove`,
        { code: 'ERR_STATE_CONFLICT' },
      ),
    );
  }
  self.removing ??= remove(self).catch((error: unknown) => {
    self.removing = undefined;
    if (self.status === 'removing') self.status = 'exited';
    throw error;
  });
  return self.removing;
}

async function remove(self: Internals): Promise<void> {
  // A start that fails has cleaned up after itself.
  await self.starting?.catch(() => {});
  if (self.status === 'running' || self.status === 'paused') await stopContainer(self, 9, -1);
  const gone = self.status === 'dead' || self.dir === undefined;
  self.status = 'removing';
  if (!gone) await removeFolder(self);
  self.status = 'dead';
  unregister(self.engine, self.id);
  self.stdin?.destroy();
  self.stdout?.destroy();
  self.stderr?.destroy();
}

// An engine that is closed, or whose supervisor is gone, has taken the folder
// with it, or its next start does.
async function removeFolder(self: Internals): Promise<void> {
  try {
    const supervisor = await self.engine.supervisor();
    await supervisor.request('remove', { id: self.id, dir: self.dir });
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== 'ERR_ENGINE_CLOSED' && code !== 'ERR_SUPERVISOR_GONE') throw error;
  }
}
