// SPDX-License-Identifier: Apache-2.0
// The OCI image configuration: what an image is, and what its id is made from.
import { lazyCrypto } from '../builtin.js';
import { SlipwayError } from '../errors.js';
import type { ImageConfig } from '../spec/process.js';

export interface ImageHistory {
  readonly created?: string;
  readonly created_by?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** The document of the OCI image specification, as it is in JSON. */
export interface OciImage {
  readonly created?: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly os: string;
  readonly config: ImageConfig;
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly string[] };
  readonly history?: readonly ImageHistory[];
}

export type Digest = `sha256:${string}`;

const DIGEST = /^sha256:[a-f0-9]{64}$/;
const ARCHITECTURES: Readonly<Record<string, { architecture: string; variant?: string }>> = {
  x64: { architecture: 'amd64' },
  arm64: { architecture: 'arm64', variant: 'v8' },
};

export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && DIGEST.test(text);
}

export function digestOf(bytes: string | Uint8Array): Digest {
  return `sha256:${lazyCrypto().createHash('sha256').update(bytes).digest('hex')}`;
}

/** The 64 digits, which are safe as a file name. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** The name of a layer together with all those below it, one for each layer, lowest first. */
export function chainIds(diffIds: readonly Digest[]): Digest[] {
  const chain: Digest[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return chain;
}

/** This machine in the words of the OCI image specification. */
export function platform(): { architecture: string; variant?: string; os: string } {
  return { ...(ARCHITECTURES[process.arch] ?? { architecture: process.arch }), os: 'linux' };
}

/** Checks what the store relies on; `id` is for the message. */
export function parseOciImage(text: string, id: string): OciImage {
  let image: Partial<OciImage> | null;
  try {
    image = JSON.parse(text) as Partial<OciImage> | null;
  } catch (error) {
    throw damaged(id, 'its configuration is not JSON', error);
  }
  const diffIds = image?.rootfs?.diff_ids;
  if (!Array.isArray(diffIds) || !diffIds.every(isDigest)) {
    throw damaged(id, 'its configuration names no layers');
  }
  return (image?.config ? image : { ...image, config: {} }) as OciImage;
}

export function damaged(id: string, why: string, cause?: unknown): SlipwayError {
  const message = `image ${id} is damaged: ${why}`;
  return new SlipwayError(message, { code: 'ERR_IMAGE_INVALID', cause });
}
