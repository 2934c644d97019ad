// SPDX-License-Identifier: Apache-2.0
// The seccomp profile that every participant is given: Slipway's default.
import { release } from 'node:os';
import { DEFAULT_CAPABILITIES } from '../lib/security/capabilities.js';
import { defaultSeccompProfile } from '../lib/security/seccomp-profile.js';
import type { LinuxSeccomp } from '../lib/spec/seccomp-types.js';

export function benchProfile(): LinuxSeccomp {
  const [major = 0, minor = 0] = release()
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
  return defaultSeccompProfile({
    capabilities: DEFAULT_CAPABILITIES,
    arch,
    kernel: [major, minor],
  });
}
