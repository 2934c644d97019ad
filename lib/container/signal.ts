// SPDX-License-Identifier: Apache-2.0
// Signals to a container's first process, and the polite end.
import { ConflictError } from '../errors.js';
import type { ExitReport } from './exit.js';
import type { Internals } from './internals.js';

export async function sendSignal(self: Internals, signal: number): Promise<void> {
  refuseStopped(self);
  const supervisor = await self.engine.supervisor();
  await supervisor.request('kill', { id: self.id, signal });
  if (signal === 9 && self.status === 'paused') self.status = 'running';
}

export function refuseStopped(self: Internals): void {
  if (self.status === 'running' || self.status === 'paused') return;
  throw stateConflict(self, 'is not running');
}

/** Sends the stop signal, then SIGKILL once `timeoutMs` (-1: never) have passed. */
export async function stopContainer(
  self: Internals,
  signal: number,
  timeoutMs: number,
): Promise<ExitReport | undefined> {
  if (self.starting !== undefined) await self.starting;
  const exit = self.exit;
  if (exit === undefined || self.report !== undefined) return self.report;
  if (self.status === 'paused') await thaw(self);
  await ignoreEnded(self, sendSignal(self, signal));
  if (timeoutMs < 0) return exit;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), timeoutMs);
  });
  const first = await Promise.race([exit, late]);
  clearTimeout(timer);
  if (first === 'late') await ignoreEnded(self, sendSignal(self, 9));
  return exit;
}

// It ended between our look and our signal: what was wanted has happened.
async function ignoreEnded(self: Internals, sent: Promise<void>): Promise<void> {
  try {
    await sent;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== 'ESRCH' && code !== 'ERR_STATE_CONFLICT') throw error;
    await self.exit;
  }
}

/** As Docker: nothing new begins in a container that is frozen. */
export function refusePaused(self: Internals, verb: string): void {
  if (self.status !== 'paused') return;
  const message = `container ${self.id} is paused, unpause the container before ${verb}`;
  throw new ConflictError(message, { code: 'ERR_STATE_CONFLICT' });
}

export async function freeze(self: Internals): Promise<void> {
  refuseStopped(self);
  if (self.status === 'paused') throw stateConflict(self, 'is already paused');
  const supervisor = await self.engine.supervisor();
  await supervisor.request('freeze', { id: self.id });
  self.status = 'paused';
}

export async function thaw(self: Internals): Promise<void> {
  refuseStopped(self);
  if (self.status !== 'paused') throw stateConflict(self, 'is not paused');
  const supervisor = await self.engine.supervisor();
  await supervisor.request('thaw', { id: self.id });
  self.status = 'running';
}

function stateConflict(self: Internals, state: string): ConflictError {
  return new ConflictError(`container ${self.id} ${state}`, { code: 'ERR_STATE_CONFLICT' });
}
