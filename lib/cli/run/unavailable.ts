// SPDX-License-Identifier: Apache-2.0
// The flags of Docker's `run` that are understood, to refuse them by name.
import type { Flag, FlagValue, FlagValues } from '../flags/flag.js';
import { PlainError } from '../usage-error.js';

interface UnavailableFlag extends Flag {
  readonly hint?: string;
  /** Values that ask for no more than what is the case. */
  readonly harmless?: readonly FlagValue[];
}

const LIFETIME = 'the container ends with this command; a shell puts it in the background with &';
const NETWORKS = "the networks are none and host; with --network host its ports are the machine's";
const HEALTH = 'no health check is run';
const WINDOWS = 'it is for Windows containers';

function row(
  name: string,
  type: Flag['type'],
  hint?: string,
  more: Partial<UnavailableFlag> = {},
): UnavailableFlag {
  return { name, type, about: '', ...(hint !== undefined && { hint }), ...more };
}

export const UNAVAILABLE_FLAGS: readonly UnavailableFlag[] = [
  row('cpu-count', 'int64', WINDOWS, { harmless: [0] }),
  row('cpu-percent', 'int64', WINDOWS, { harmless: [0] }),
  row('detach', 'bool', LIFETIME, { short: 'd', harmless: [false] }),
  row('detach-keys', 'string', LIFETIME, { harmless: [''] }),
  row('disable-content-trust', 'bool', 'no signatures are checked', { harmless: [true] }),
  row('expose', 'list', NETWORKS),
  row('gpus', 'gpu-request', 'single devices are given with --device'),
  row('health-cmd', 'string', HEALTH, { harmless: [''] }),
  row('health-interval', 'duration', HEALTH, { harmless: ['0', '0s'] }),
  row('health-retries', 'int', HEALTH, { harmless: [0] }),
  row('health-start-interval', 'duration', HEALTH, { harmless: ['0', '0s'] }),
  row('health-start-period', 'duration', HEALTH, { harmless: ['0', '0s'] }),
  row('health-timeout', 'duration', HEALTH, { harmless: ['0', '0s'] }),
  row('io-maxbandwidth', 'bytes', WINDOWS, { harmless: ['', '0'] }),
  row('io-maxiops', 'int64', WINDOWS, { harmless: [0] }),
  row('ip', 'string', NETWORKS, { harmless: [''] }),
  row('ip6', 'string', NETWORKS, { harmless: [''] }),
  row('isolation', 'string', WINDOWS, { harmless: ['', 'default'] }),
  row('link', 'list', NETWORKS),
  row('link-local-ip', 'list', NETWORKS),
  row('log-driver', 'string', 'output goes to this command and is kept nowhere', {
    harmless: ['', 'none'],
  }),
  row('log-opt', 'list', 'output goes to this command and is kept nowhere'),
  row('mac-address', 'string', NETWORKS, { harmless: [''] }),
  row('network-alias', 'list', NETWORKS, { aliases: ['net-alias'] }),
  row('publish', 'list', NETWORKS, { short: 'p' }),
  row('publish-all', 'bool', NETWORKS, { short: 'P', harmless: [false] }),
  row('restart', 'string', LIFETIME, { harmless: ['', 'no'] }),
  row('runtime', 'string', undefined, { harmless: [''] }),
  row('storage-opt', 'list'),
  row('use-api-socket', 'bool', undefined, { harmless: [false] }),
  row('volume-driver', 'string', 'named volumes are not available yet', { harmless: [''] }),
  row('volumes-from', 'list', 'the same --volume can be given to several containers'),
];

/** @throws PlainError for the first of them that was given. */
export function refuseUnavailable(values: FlagValues): void {
  for (const { name, hint, harmless = [] } of UNAVAILABLE_FLAGS) {
    const value = values.get(name);
    if (value !== undefined && !harmless.includes(value)) refuseFlag(`--${name}`, hint);
  }
}

export function refuseFlag(what: string, hint?: string): never {
  const because = hint === undefined ? '' : ` (hint: ${hint})`;
  throw new PlainError(`${what} is not available yet${because}`, 125);
}
