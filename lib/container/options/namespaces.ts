// SPDX-License-Identifier: Apache-2.0
// Options that choose between a namespace of its own, the machine's and another's.

import { asArray, asInteger, asObject, refuse } from '../../check.js';
import type { LinuxIdMapping } from '../../spec/types.js';

/** `{ containerId: 0, hostId: 100000, size: 65536 }` or `'0:100000:65536'`. */
export type IdMappingOption =
  | string
  | { readonly containerId: number; readonly hostId: number; readonly size: number };

export interface NamespaceOptions {
  /**
   * `'host'`: the user ids of the engine. `'private'`: a user namespace, with the two mappings;
   * needs Linux 5.19.
   * Default: `'host'`. Docker: `docker run --userns`.
   */
  usernsMode?: 'host' | 'private';
  /** Which user ids of the host those of the container are; with `usernsMode: 'private'`. */
  uidMappings?: readonly IdMappingOption[];
  /** Which group ids of the host those of the container are; with `usernsMode: 'private'`. */
  gidMappings?: readonly IdMappingOption[];
  /**
   * `'private'` or `'shareable'` (its own), `'none'` (its own, without /dev/shm), `'host'`,
   * `'container:<id>'` or `'ns:/path'`. Default: `'private'`. Docker: `docker run --ipc`.
   */
  ipc?: string;
  /** `'private'`, `'host'`, `'container:<id>'` or `'ns:/path'`. Default: `'private'`. Docker: `docker run --pid`. */
  pid?: string;
  /** `'private'`, `'host'`, `'container:<id>'` or `'ns:/path'`. Default: `'private'`. Docker: `docker run --uts`. */
  uts?: string;
  /**
   * `'private'`, `'host'`, `'container:<id>'` or `'ns:/path'`. Default: `'private'` on cgroup v2,
   * else `'host'`. Docker: `docker run --cgroupns`.
   */
  cgroupns?: string;
}

/** `container` has the id or name that was given, `path` the file of a namespace. */
export type NamespaceChoice =
  | { readonly mode: 'private' | 'shareable' | 'none' | 'host' }
  | { readonly mode: 'container'; readonly container: string }
  | { readonly mode: 'path'; readonly path: string };

export interface NormalisedNamespaces {
  /** Undefined: the engine's own. */
  userns: { uidMappings: LinuxIdMapping[]; gidMappings: LinuxIdMapping[] } | undefined;
  ipc: NamespaceChoice;
  pid: NamespaceChoice;
  uts: NamespaceChoice;
  /** Undefined: as the machine's cgroup version asks. */
  cgroupns: NamespaceChoice | undefined;
}

const PRIVATE: NamespaceChoice = { mode: 'private' };
const MAX_ID = 2 ** 32 - 2;

export function normaliseNamespaces(options: NamespaceOptions): NormalisedNamespaces {
  return {
    userns: readUserns(options),
    ipc: readNamespace('ipc', options.ipc, ['private', 'shareable', 'none', 'host']),
    pid: readNamespace('pid', options.pid, ['private', 'host']),
    uts: readNamespace('uts', options.uts, ['private', 'host']),
    cgroupns:
      options.cgroupns === undefined
        ? undefined
        : readNamespace('cgroupns', options.cgroupns, ['private', 'host']),
  };
}

type Mode = 'private' | 'shareable' | 'none' | 'host';

function readNamespace(option: string, value: unknown, modes: readonly Mode[]): NamespaceChoice {
  if (value === undefined || value === 'private') return PRIVATE;
  const mode = modes.find((known) => known === value);
  if (mode !== undefined) return { mode };
  const text = typeof value === 'string' && !value.includes('\0') ? value : '';
  if (/^container:[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(text)) {
    return { mode: 'container', container: text.slice('container:'.length) };
  }
  if (text.startsWith('ns:/')) return { mode: 'path', path: text.slice('ns:'.length) };
  const named = modes.map((known) => `'${known}'`).join(', ');
  return refuse(option, value, `${named}, 'container:<id>' or 'ns:/path'`);
}

function readUserns(options: NamespaceOptions): NormalisedNamespaces['userns'] {
  const { usernsMode: mode, uidMappings, gidMappings } = options;
  if (mode !== undefined && mode !== 'host' && mode !== 'private') {
    return refuse('usernsMode', mode, "'host' or 'private'");
  }
  if (mode === 'private') {
    return {
      uidMappings: readMappings('uidMappings', uidMappings),
      gidMappings: readMappings('gidMappings', gidMappings),
    };
  }
  if (uidMappings !== undefined)
    refuse('uidMappings', uidMappings, "usernsMode: 'private' with it");
  if (gidMappings !== undefined)
    refuse('gidMappings', gidMappings, "usernsMode: 'private' with it");
  return undefined;
}

function readMappings(option: string, value: unknown): LinuxIdMapping[] {
  const shape = "{ containerId, hostId, size } or '0:100000:65536'";
  const list = asArray(option, value, `a list of ${shape}`);
  const mappings = list.map((item, index) => readMapping(`${option}[${index}]`, item, shape));
  if (mappings.length === 0) {
    return refuse(option, value, `at least one ${shape} with usernsMode: 'private'`);
  }
  checkOverlap(option, value, mappings);
  return mappings;
}

function readMapping(option: string, item: unknown, shape: string): LinuxIdMapping {
  const match = typeof item === 'string' ? /^(\d{1,10}):(\d{1,10}):(\d{1,10})$/.exec(item) : null;
  if (typeof item === 'string' && match === null) return refuse(option, item, shape);
  const fields =
    match === null
      ? asObject(option, item, ['containerId', 'hostId', 'size'])
      : { containerId: Number(match[1]), hostId: Number(match[2]), size: Number(match[3]) };
  const containerID = asInteger(`${option}.containerId`, fields.containerId, 0, MAX_ID);
  const hostID = asInteger(`${option}.hostId`, fields.hostId, 0, MAX_ID);
  const room = MAX_ID + 1 - Math.max(containerID, hostID);
  return { containerID, hostID, size: asInteger(`${option}.size`, fields.size, 1, room) };
}

// The kernel answers both kinds of overlap with a bare EINVAL.
function checkOverlap(option: string, given: unknown, mappings: LinuxIdMapping[]): void {
  for (const side of ['containerID', 'hostID'] as const) {
    const sorted = [...mappings].sort((a, b) => a[side] - b[side]);
    let end = 0;
    for (const mapping of sorted) {
      if (mapping[side] < end) refuse(option, given, `ranges that do not overlap (${side})`);
      end = mapping[side] + mapping.size;
    }
  }
}
