// SPDX-License-Identifier: Apache-2.0
// The end of a container that its caller asked for in advance: an AbortSignal
// or a time limit. The first reason wins.
import { onAbort } from '../abort.js';
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
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => end(new Error(`timed out after ${timeoutMs} ms`)), timeoutMs);
  const forget = signal === undefined ? undefined : onAbort(signal, () => end(signal.reason));
  self.cancel = () => {
    clearTimeout(timer);
    forget?.();
  };
  if (signal?.aborted) end(signal.reason);
}

export function canceledError(what: string, reason: unknown): CanceledError {
  return new CanceledError(`${what} was canceled`, reason);
}
