// SPDX-License-Identifier: Apache-2.0
// Why an image is not removed, in Docker's words: programs look for them.
import { ConflictError } from '../errors.js';
import { type Digest, hexOf } from './config.js';
import type { ImageUser } from './engine.js';

const short = (id: string) => id.slice(0, 12);

function conflict(text: string): ConflictError {
  return new ConflictError(`conflict: ${text}`, { code: 'ERR_IMAGE_IN_USE' });
}

export function tagInUse(reference: string, id: Digest, { containerId }: ImageUser): ConflictError {
  const container = `container ${short(containerId)} is using its referenced image`;
  const what = `unable to remove repository reference ${JSON.stringify(reference)} (must force)`;
  return conflict(`${what} - ${container} ${short(hexOf(id))}`);
}

export function inUseByRunning(id: Digest, { containerId }: ImageUser): ConflictError {
  const what = `unable to delete ${short(hexOf(id))} (cannot be forced)`;
  return conflict(`${what} - image is being used by running container ${short(containerId)}`);
}

export function inUseElsewhere(id: Digest): ConflictError {
  const what = `unable to delete ${short(hexOf(id))} (cannot be forced)`;
  return conflict(`${what} - image is being used by a container of another process`);
}

export function inUseByStopped(id: Digest, { containerId }: ImageUser): ConflictError {
  const what = `unable to delete ${short(hexOf(id))} (must be forced)`;
  return conflict(`${what} - image is being used by stopped container ${short(containerId)}`);
}

export function manyRepositories(id: Digest): ConflictError {
  const what = `unable to delete ${short(hexOf(id))} (must be forced)`;
  return conflict(`${what} - image is referenced in multiple repositories`);
}
