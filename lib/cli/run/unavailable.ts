// SPDX-License-Identifier: Apache-2.0
// The flags of Docker's `run` that are understood, to refuse them by name.
import { type Flag, type FlagValue, type FlagValues, row } from '../flags/flag.js';
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

type More = Omit<UnavailableFlag, 'name' | 'type' | 'about' | 'hint'>;

function absent(name: string, type: Flag['type'], hint?: string, more: More = {}): UnavailableFlag {
  return row(name, type, '', { ...(hint !== undefined && { hint }), ...more });
}

export const UNAVAILABLE_FLAGS: readonly UnavailableFlag[] = [
  absent('cpu-count', 'int64', WINDOWS, { harmless: [0] }),
  absent('cpu-percent', 'int64', WINDOWS, { harmless: [0] }),
  absent('detach', 'bool', LIFETIME, { short: 'd', harmless: [false] }),
  absent('detach-keys', 'string', LIFETIME, { harmless: [''] }),
  absent('disable-content-trust', 'bool', 'no signatures are checked', { harmless: [true] }),
  absent('expose', 'list', NETWORKS),
  absent('gpus', 'gpu-request', 'single devices are given with --device'),
  absent('health-cmd', 'string', HEALTH, { harmless: [''] }),
  absent('health-interval', 'duration', HEALTH, { harmless: ['0', '0s'] }),
  absent('health-retries', 'int', HEALTH, { harmless: [0] }),
  absent('health-start-interval', 'duration', HEALTH, { harmless: ['0', '0s'] }),
  absent('health-start-period', 'duration', HEALTH, { harmless: ['0', '0s'] }),
  absent('health-timeout', 'duration', HEALTH, { harmless: ['0', '0s'] }),
  absent('io-maxbandwidth', 'bytes', WINDOWS, { harmless: ['', '0'] }),
  absent('io-maxiops', 'int64', WINDOWS, { harmless: [0] }),
  absent('ip', 'string', NETWORKS, { harmless: [''] }),
  absent('ip6', 'string', NETWORKS, { harmless: [''] }),
  absent('isolation', 'string', WINDOWS, { harmless: ['', 'default'] }),
  absent('link', 'list', NETWORKS),
  absent('link-local-ip', 'list', NETWORKS),
  absent('log-driver', 'string', 'output goes to this command and is kept nowhere', {
    harmless: ['', 'none'],
  }),
  absent('log-opt', 'list', 'output goes to this command and is kept nowhere'),
  absent('mac-address', 'string', NETWORKS, { harmless: [''] }),
  absent('network-alias', 'list', NETWORKS, { aliases: ['net-alias'] }),
  absent('publish', 'list', NETWORKS, { short: 'p' }),
  absent('publish-all', 'bool', NETWORKS, { short: 'P', harmless: [false] }),
  absent('restart', 'string', LIFETIME, { harmless: ['', 'no'] }),
  absent('runtime', 'string', undefined, { harmless: [''] }),
  absent('storage-opt', 'list'),
  absent('use-api-socket', 'bool', undefined, { harmless: [false] }),
  absent('volume-driver', 'string', 'named volumes are not available yet', { harmless: [''] }),
  absent('volumes-from', 'list', 'the same --volume can be given to several containers'),
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
