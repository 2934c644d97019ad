// SPDX-License-Identifier: Apache-2.0
// Options that name and describe a container.
import { asPairs, asText, type MapOrList, refuse } from '../../check.js';

/** What an `Image` has that a container needs. */
export interface ImageHandle {
  readonly id: string;
}

export interface IdentityOptions {
  /** The image to run: an `Image`, its id or a reference; `'host'` is this machine's programs. */
  image: string | ImageHandle;
  /**
   * A name for the container, unique in the engine: 2 to 255 letters, digits, `_`, `.`
   * and `-`, a letter or digit first. Default: none. Docker: `docker run --name`.
   */
  name?: string;
  /**
   * Host name, at most 64 characters. Default: the first 12 of the id; with `network: 'host'`
   * or `uts: 'host'` the machine's. Not with `uts: 'host'`. Docker: `docker run --hostname`.
   */
  hostname?: string;
  /** NIS domain name, at most 64 characters. Default: none. Docker: `docker run --domainname`. */
  domainname?: string;
  /** Labels on top of the image's; a list item without `=` has an empty value. Docker: `docker run --label`. */
  labels?: MapOrList;
  /** OCI annotations, handed on with the spec. Docker: `docker run --annotation`. */
  annotations?: MapOrList;
}

export interface NormalisedIdentity {
  image: string | ImageHandle;
  name: string | undefined;
  hostname: string | undefined;
  domainname: string | undefined;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
}

const EMPTY: Readonly<Record<string, string>> = Object.freeze({});
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{1,254}$/;
// The kernel holds 64 bytes. The name is also written to /etc/hosts, where
// white space would begin another name.
const HOST_NAME = /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?$/;

export function normaliseIdentity(options: IdentityOptions): NormalisedIdentity {
  return {
    image: readImage(options.image),
    name: options.name === undefined ? undefined : readName(options.name),
    hostname: readHostName('hostname', options.hostname),
    domainname: readHostName('domainname', options.domainname),
    labels: options.labels === undefined ? EMPTY : readMap('labels', options.labels),
    annotations:
      options.annotations === undefined ? EMPTY : readMap('annotations', options.annotations),
  };
}

function readImage(value: unknown): string | ImageHandle {
  if (typeof value === 'string') return asText('image', value);
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
  if (typeof id === 'string') return value as ImageHandle;
  return refuse('image', value, "an Image, an image id or a reference such as 'host'");
}

export function readName(value: unknown): string {
  if (typeof value === 'string' && NAME.test(value)) return value;
  const allowed = '2 to 255 letters, digits, _, . and -, a letter or digit first';
  return refuse('name', value, allowed);
}

function readHostName(option: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && HOST_NAME.test(value)) return value;
  return refuse(option, value, 'at most 64 letters, digits, -, _ and dots');
}

function readMap(option: string, value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(asPairs(option, value).map(([name, text]) => [name, text ?? '']));
}
