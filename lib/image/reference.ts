// SPDX-License-Identifier: Apache-2.0
// Image references as Docker reads them. Pure: a text in, its parts out.
import { refuse } from '../check.js';

/** The name of the embedded image, made of this machine's own programs. */
export const HOST_REFERENCE = 'host';

/** The parts of a reference with all defaults filled in but the tag. */
export interface ImageReference {
  /** Registry, with its port if it has one: `docker.io`, `localhost:5000`. */
  readonly domain: string;
  /** Repository within the registry: `library/alpine`. */
  readonly path: string;
  readonly tag?: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest?: string;
}

const DEFAULT_DOMAIN = 'docker.io';
const LEGACY_DOMAIN = 'index.docker.io';
const OFFICIAL = 'library/';
const DEFAULT_TAG = 'latest';
const MAX_PATH_LENGTH = 255;

const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const DOMAIN = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST_DIGITS: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/**
 * Reads `[domain[:port]/]path[:tag][@digest]`. The tag stays absent when the text has none.
 *
 * @example
 * ```ts
 * parseReference('alpine'); // { domain: 'docker.io', path: 'library/alpine' }
 * ```
 */
export function parseReference(text: string, option = 'image'): ImageReference {
  if (typeof text !== 'string' || text === '') return refuse(option, text, 'an image reference');
  if (/^[a-f0-9]{64}$/.test(text)) {
    return refuse(option, text, 'a name, not 64 hexadecimal digits');
  }
  const [named, digest] = splitDigest(text, option);
  const [name, tag] = splitTag(named, text, option);
  const { domain, path } = splitDomain(name);
  if (path.toLowerCase() !== path) refuse(option, text, 'a repository name in lower case');
  if (!DOMAIN.test(domain) || !PATH.test(path)) {
    refuse(option, text, "a reference such as 'alpine:3.20' or 'ghcr.io/owner/name:tag'");
  }
  if (path.length > MAX_PATH_LENGTH) {
    refuse(option, text, `a repository name of at most ${MAX_PATH_LENGTH} characters`);
  }
  return {
    domain,
    path,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
}

/** The same with the tag `latest` when there is neither a tag nor a digest. */
export function withDefaultTag(reference: ImageReference): ImageReference {
  if (reference.tag !== undefined || reference.digest !== undefined) return reference;
  return { ...reference, tag: DEFAULT_TAG };
}

/** The full text: `docker.io/library/alpine:latest`. */
export function formatReference(reference: ImageReference): string {
  return `${reference.domain}/${reference.path}${suffix(reference)}`;
}

/** The text people write: `alpine:latest`. */
export function familiarReference(reference: ImageReference): string {
  const { domain, path } = reference;
  if (domain !== DEFAULT_DOMAIN) return formatReference(reference);
  const official = path.startsWith(OFFICIAL) && !path.slice(OFFICIAL.length).includes('/');
  return `${official ? path.slice(OFFICIAL.length) : path}${suffix(reference)}`;
}

function suffix({ tag, digest }: ImageReference): string {
  return `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

function splitDigest(text: string, option: string): [named: string, digest?: string] {
  const at = text.indexOf('@');
  if (at < 0) return [text];
  const digest = text.slice(at + 1);
  const [algorithm = '', digits = ''] = digest.split(':');
  const count = Object.hasOwn(DIGEST_DIGITS, algorithm) ? DIGEST_DIGITS[algorithm] : undefined;
  const fits = digits.length === count && /^[a-f0-9]+$/.test(digits);
  if (!fits || digest !== `${algorithm}:${digits}`) {
    refuse(option, text, "a digest such as 'sha256:' and 64 hexadecimal digits after the @");
  }
  return [text.slice(0, at), digest];
}

// A colon before the last slash belongs to the port of the registry.
function splitTag(named: string, text: string, option: string): [name: string, tag?: string] {
  const colon = named.lastIndexOf(':');
  if (colon < 0 || colon < named.lastIndexOf('/')) return [named];
  const tag = named.slice(colon + 1);
  if (!TAG.test(tag)) {
    refuse(
      option,
      text,
      'a tag of at most 128 letters, digits, _, . and -, not starting with . or -',
    );
  }
  return [named.slice(0, colon), tag];
}

// The first part is a registry only when it cannot be an account on Docker Hub.
function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isDomain = /[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first;
  const domain = !isDomain || first === LEGACY_DOMAIN ? DEFAULT_DOMAIN : first;
  const path = isDomain ? name.slice(slash + 1) : name;
  const official = domain === DEFAULT_DOMAIN && !path.includes('/');
  return { domain, path: official ? `${OFFICIAL}${path}` : path };
}
