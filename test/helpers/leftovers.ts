// SPDX-License-Identifier: Apache-2.0
// What is left of containers while their engine goes on.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Container, type Engine } from '../../lib/index.js';
import { settledCensus } from './census.js';
import { cgroupsNamed, childrenOf, until } from './host.js';

/** The cgroups of an engine's containers, without those above them. */
export function containerCgroups(engine: Engine): string[] {
  return cgroupsNamed(engine.id).filter((folder) => /\/\d+$/.test(folder));
}

/**
 * Waits until an engine without waiting starts has nothing of a container: its process has no
 * child but that which sweeps, and there is no cgroup, folder or record.
 */
export async function assertNothingOfContainers(engine: Engine): Promise<void> {
  const { pid } = await engine.supervisor();
  const scope = join(engine.root, 'scope', engine.id);
  const left = () => ({
    children: childrenOf(pid).slice(1),
    folders: readdirSync(scope).filter((name) => name !== 'trash'),
    cgroups: containerCgroups(engine),
  });
  const none = { children: [], folders: [], cgroups: [] };
  await until('nothing of a container is left', () => {
    return JSON.stringify(left()) === JSON.stringify(none);
  }).catch(() => assert.deepEqual(left(), none));
  assert.deepEqual(await Container.list({ all: true, engine }), []);
}

/** This process's descriptors, but the marks of images in use, which stay until the engine closes. */
export async function settledFds(): Promise<string[]> {
  const { fds } = await settledCensus();
  return fds.filter((target) => !target.includes('/images/'));
}
