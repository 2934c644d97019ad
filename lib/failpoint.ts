// SPDX-License-Identifier: Apache-2.0
// Fault injection for tests: SLIPWAY_FAIL_POINT='start/join cgroup' makes that point fail with
// EIO. Points of C++ are in cpp/sys/failpoint.h, those of the program are here.
import { fromNative } from './errors.js';

/** The point that is to fail during `request`; `engine` is all that no request asked for. */
export function askedFailPoint(request: string): string | undefined {
  const asked = process.env.SLIPWAY_FAIL_POINT;
  if (asked === undefined || !asked.startsWith(`${request}/`)) return undefined;
  return asked.slice(request.length + 1);
}

/** Throws where that was asked for. */
export function failPoint(request: string, step: string): void {
  if (askedFailPoint(request) !== step) return;
  throw fromNative({ step, syscall: 'failpoint', path: '', errno: 5, hint: 'injected failure' });
}
