// SPDX-License-Identifier: Apache-2.0
// The end of a container that its caller asked for in advance: an AbortSignal
// or a time limit. The first reason wins.
import { CanceledError } from '../errors.js';
import type { Internals } from './internals.js';
import { sendSignal } from './signal.js';

export function limitLife(self: Internals): void {
  const { signal, timeoutMs } = self.options;
  if (signal === undefined && timeoutMs === undefined) return;
  const end = (reason: unknown) => {
    if (self.canceled !== undefined) return;
    self.canceled = { reason };
    // It may end by itself at the same moment; then there is nothing to kill.
    sendSignal(self, 9).catch(() => {});
  };
  const onAbort = () => end(signal?.reason);
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => end(new Error(`timed out after ${timeoutMs} ms`)), timeoutMs);
  self.cancel = () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  };
  if (signal?.aborted) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
}

export function canceledError(what: string, reason: unknown): CanceledError {
  return new CanceledError(`${what} was canceled`, reason);
}
