// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { Container, Engine } from '../../lib/index.js';
import { freshRoot, leftFolders } from '../helpers/boxes.js';
import { assertCensusReturnsTo, settledCensus } from '../helpers/census.js';
import { cgroupsNamed, isAlive, until } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';
import { programFile } from '../helpers/program.js';

// A worker has loaders of its own: this one makes it read TypeScript.
const LOADER = `import('tsx/esm/api').then((tsx) => {
  tsx.register();
  return import(${JSON.stringify(programFile('worker'))});
});`;

interface Started {
  id: string;
  supervisor: number;
  pid: number;
  stdout: string;
}

describe('engines in worker threads', () => {
  needs('root', 'cgroups');
  let root: string;
  beforeEach(() => {
    root = freshRoot();
  });
  afterEach(() => rmSync(root, { recursive: true }));

  async function start(): Promise<{ worker: Worker; started: Started }> {
    const worker = new Worker(LOADER, { eval: true, workerData: { root } });
    const [started] = (await once(worker, 'message')) as [Started];
    return { worker, started };
  }

  it('work, and close like others', async () => {
    const { worker, started } = await start();
    assert.equal(started.stdout, 'from a worker');
    worker.postMessage('close');
    const [code] = await once(worker, 'exit');
    assert.equal(code, 0);
    assert.equal(isAlive(started.pid), false);
    assert.deepEqual(cgroupsNamed(started.id), []);
    assert.deepEqual(leftFolders(root), []);
  });

  it('leave nothing when the worker is terminated', async () => {
    const first = await start();
    await first.worker.terminate();
    await until('the supervisor has ended', () => !isAlive(first.started.supervisor));
    const before = await settledCensus();
    for (let round = 0; round < 3; round++) {
      const { worker, started } = await start();
      await worker.terminate();
      await until('the supervisor has ended', () => !isAlive(started.supervisor));
      assert.equal(isAlive(started.pid), false);
      assert.deepEqual(cgroupsNamed(started.id), []);
      assert.deepEqual(leftFolders(root), []);
    }
    await assertCensusReturnsTo(before);
  });

  it('are independent of an engine of the main thread', async () => {
    await using engine = new Engine({ root });
    const box = await Container.run({ engine, image: 'host', command: ['sleep', '600'] });
    const { worker, started } = await start();
    assert.notEqual(started.id, engine.id);
    assert.deepEqual(await Container.list({ engine }), [box]);
    await worker.terminate();
    await until('the supervisor has ended', () => !isAlive(started.supervisor));
    assert.equal((await box.exec(['true'])).exitCode, 0);
  });
});
