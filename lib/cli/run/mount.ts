// SPDX-License-Identifier: Apache-2.0
// `--mount type=bind,source=/a,target=/b,readonly` as the mount option it is.
import { resolve } from 'node:path';
import { InvalidArgumentError } from '../../errors.js';
import { readCsv } from './csv.js';

type Tree = { [key: string]: string | boolean | Tree };
type Set = (mount: Tree, value: string, key: string) => void;

const under =
  (part: 'bind' | 'tmpfs', name: string): Set =>
  (mount, value) => {
    mount[part] = { ...(mount[part] as Tree | undefined), [name]: value };
  };

const target: Set = (mount, value) => {
  mount.target = value;
};

const source: Set = (mount, value) => {
  mount.source = value;
};

const readOnly: Set = (mount, value, key) => {
  mount.readOnly = readFlag(value, key);
};

const KEYS: Readonly<Record<string, Set>> = {
  type: (mount, value) => {
    mount.type = value.toLowerCase();
  },
  source,
  src: source,
  target,
  dst: target,
  destination: target,
  readonly: readOnly,
  ro: readOnly,
  'bind-propagation': (mount, value) => under('bind', 'propagation')(mount, value, ''),
  'bind-recursive': under('bind', 'recursive'),
  'bind-nonrecursive': (mount, value, key) => {
    if (readFlag(value, key)) under('bind', 'recursive')(mount, 'disabled', key);
  },
  'tmpfs-size': under('tmpfs', 'size'),
  'tmpfs-mode': under('tmpfs', 'mode'),
};

// They may stand alone.
const FLAGS: readonly string[] = ['readonly', 'ro', 'bind-nonrecursive'];
const LATER = /^(volume|image)-/;

/** Values are checked where those of the option are; here are the names and the shape. */
export function readMountText(text: string): unknown {
  const mount: Tree = { type: 'volume' };
  for (const field of readCsv(text)) {
    const equals = field.indexOf('=');
    const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    const set = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (set === undefined) refuseKey(key, text);
    if (equals < 0 && !FLAGS.includes(key)) refuse(field, `'${key}=value'`);
    set(mount, equals < 0 ? 'true' : field.slice(equals + 1), key);
  }
  // A path that begins with a dot is meant from here, as in Docker's command line.
  if (mount.type === 'bind' && typeof mount.source === 'string' && mount.source.startsWith('.')) {
    mount.source = resolve(mount.source);
  }
  return mount;
}

function readFlag(value: string, key: string): boolean {
  if (['1', 'true'].includes(value)) return true;
  if (['0', 'false'].includes(value)) return false;
  return refuse(value, `true or false for ${key}`);
}

function refuseKey(key: string, given: string): never {
  const hint = LATER.test(key) ? 'volumes and image mounts are not available yet' : undefined;
  return refuse(given, `fields named ${Object.keys(KEYS).join(', ')}, not ${key}`, hint);
}

function refuse(given: unknown, allowed: string, hint?: string): never {
  throw new InvalidArgumentError({ option: '--mount', given, allowed, hint });
}
