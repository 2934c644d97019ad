// SPDX-License-Identifier: Apache-2.0
// Failures that answer no request are warnings of the process. A mount in the
// way makes a folder that cannot be removed.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Container, Engine } from '../../lib/index.js';
import { freshRoot } from '../helpers/boxes.js';
import { needs } from '../helpers/needs.js';

interface Warning extends Error {
  code?: string;
}

describe('a warning of the process', () => {
  needs('root', 'containers');
  let root: string;
  let mounted: string | undefined;
  const warnings: Warning[] = [];
  const listen = (warning: Warning) => warnings.push(warning);

  beforeEach(() => {
    root = freshRoot();
    warnings.length = 0;
    process.on('warning', listen);
  });
  afterEach(() => {
    process.off('warning', listen);
    umountAll();
    rmSync(root, { recursive: true });
  });

  function mountAt(folder: string): void {
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', 'none', folder]);
    mounted = folder;
  }

  function umountAll(): void {
    if (mounted !== undefined) execFileSync('umount', [mounted]);
    mounted = undefined;
  }

  async function warned(): Promise<Warning> {
    if (warnings.length === 0)
      await once(process, 'warning', { signal: AbortSignal.timeout(5000) });
    const [warning] = warnings;
    assert.ok(warning);
    return warning;
  }

  async function runTrue(engine: Engine): Promise<void> {
    await using box = await Container.run({ engine, image: 'host', command: ['true'] });
    assert.equal((await box.wait()).exitCode, 0);
  }

  it('tells once what a dead engine left and the next cannot remove', async () => {
    const dead = join(root, 'run', 'dead');
    mountAt(join(dead, 'busy'));
    writeFileSync(join(dead, 'lock'), '');
    await using engine = new Engine({ root });
    await runTrue(engine);
    const { code, message } = await warned();
    assert.equal(code, 'SLIPWAY_NOT_REMOVED');
    assert.ok(message.includes(`${mounted}: EBUSY`), message);
    assert.equal(warnings.length, 1);
  });

  it('tells which folder of a container stays, and the engine goes on', async () => {
    await using engine = new Engine({ root, preparedStarts: 0 });
    await runTrue(engine);
    const scope = join(root, 'scope', engine.id);
    const box = await Container.run({ engine, image: 'host', command: ['true'] });
    await box.wait();
    const [folder = ''] = readdirSync(scope).filter((name) => name !== 'trash');
    mountAt(join(scope, folder, 'busy'));
    await box.remove();
    const { code, message } = await warned();
    // Moved away, so that the name is free.
    mounted = /\S+busy(?=: EBUSY)/.exec(message)?.[0] ?? mounted;
    assert.equal(code, 'SLIPWAY_NOT_REMOVED');
    assert.ok(mounted?.startsWith(join(scope, 'trash')), message);
    await runTrue(engine);
    umountAll();
  });
});
