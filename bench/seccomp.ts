// SPDX-License-Identifier: Apache-2.0
// An OCI seccomp profile as a BPF program for the participants that take one
// ready made: the very program that Slipway's containers get.
import { execFileSync } from 'node:child_process';
import { loadNative } from '../lib/native.js';
import type { LinuxSeccomp } from '../lib/spec/seccomp-types.js';

/** The program as an array of `struct sock_filter`. */
export function compileSeccomp(profile: LinuxSeccomp): Buffer {
  return execFileSync(loadNative().runtime, ['seccomp'], { input: JSON.stringify(profile) });
}
