// SPDX-License-Identifier: Apache-2.0
// What a filter depends on besides its profile.

/** The container and the machine a filter is made for. */
export interface SeccompContext {
  /** Complete names, `CAP_CHOWN`, of the container's bounding set. */
  readonly capabilities: readonly string[];
  readonly arch: 'x64' | 'arm64';
  /** Major and minor of the running kernel. */
  readonly kernel: readonly [number, number];
}

/** Whether kernel `a` came before kernel `b`. */
export function isOlder(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[0] !== b[0] ? a[0] < b[0] : a[1] < b[1];
}
