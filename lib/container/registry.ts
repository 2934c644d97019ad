// SPDX-License-Identifier: Apache-2.0
// The containers of each engine of this thread, by id and name.
import type { Engine } from '../engine/engine.js';
import { ConflictError, NotFoundError } from '../errors.js';
import { failPoint } from '../failpoint.js';
import type { Container } from './container.js';

interface Entry {
  readonly container: Container;
  readonly imageId: string;
}

const engines = new WeakMap<Engine, Map<string, Entry>>();

function entriesOf(engine: Engine): Map<string, Entry> {
  let entries = engines.get(engine);
  if (entries === undefined) {
    const made = new Map<string, Entry>();
    entries = made;
    engines.set(engine, made);
    engine.imageUsers = (imageId) => {
      const users = [...made.values()].filter((entry) => entry.imageId === imageId);
      const found = users.find(({ container }) => container.running) ?? users[0];
      if (found === undefined) return undefined;
      return { containerId: found.container.id, running: found.container.running };
    };
  }
  return entries;
}

export function register(engine: Engine, container: Container, imageId: string): void {
  const entries = entriesOf(engine);
  const other = container.name === '' ? undefined : byName(entries, container.name);
  if (other !== undefined) {
    throw new ConflictError(
      `Conflict. The container name "/${container.name}" is already in use by container "${other.id}". You have to remove (or rename) that container to be able to reuse that name.`,
      { code: 'ERR_NAME_CONFLICT' },
    );
  }
  failPoint('create', 'register container');
  entries.set(container.id, { container, imageId });
}

export function unregister(engine: Engine, id: string): void {
  entriesOf(engine).delete(id);
}

export function listContainers(engine: Engine): Container[] {
  return [...entriesOf(engine).values()].map(({ container }) => container);
}

/** By id, name, or a beginning of an id that only one container has. */
export function findContainer(engine: Engine, text: string): Container {
  const entries = entriesOf(engine);
  const exact = entries.get(text)?.container ?? byName(entries, text.replace(/^\//, ''));
  if (exact !== undefined) return exact;
  const matches = /^[0-9a-f]+$/.test(text)
    ? [...entries.keys()].filter((id) => id.startsWith(text))
    : [];
  const only = matches.length === 1 ? entries.get(matches[0] ?? '') : undefined;
  if (only !== undefined) return only.container;
  if (matches.length > 1) {
    throw new NotFoundError(`Multiple IDs found with provided prefix: ${text}`, {
      code: 'ERR_CONTAINER_NOT_FOUND',
    });
  }
  throw new NotFoundError(`No such container: ${text}`, { code: 'ERR_CONTAINER_NOT_FOUND' });
}

function byName(entries: Map<string, Entry>, name: string): Container | undefined {
  if (name === '') return undefined;
  for (const { container } of entries.values()) if (container.name === name) return container;
  return undefined;
}
