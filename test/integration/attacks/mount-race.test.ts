// SPDX-License-Identifier: Apache-2.0
// A volume in which somebody exchanges a folder and a link for each other all
// the time, while containers have mounts below it.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { Container, SlipwayError } from '../../../lib/index.js';
import { machinePicture, makeVictim, picture, useRange } from './attack.js';

const STARTS = 200;

describe('a mount target that is exchanged for a link', function () {
  this.timeout(60_000);
  const range = useRange('swap');
  const shared = join(range.folder, 'shared');
  const victim = join(range.folder, 'victim');
  const payload = join(range.folder, 'payload');
  let racer: ChildProcess;

  before(async () => {
    makeVictim(victim);
    mkdirSync(join(shared, 'a/work'), { recursive: true });
    mkdirSync(payload);
    writeFileSync(join(payload, 'payload'), '');
    symlinkSync(victim, join(shared, 'link'));
    racer = spawn(join(range.probes, 'swap'), [join(shared, 'a'), join(shared, 'link')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (racer.stdout !== null) await once(racer.stdout, 'data');
  });
  after(() => racer?.kill('SIGKILL'));

  async function startOnce(): Promise<string> {
    try {
      await using box = await Container.run({
        engine: range.engine,
        image: range.image,
        command: ['true'],
        workdir: '/shared/a/cwd',
        volumes: [`${shared}:/shared`, `${payload}:/shared/a/work`],
        tmpfs: { '/shared/a/memory': '' },
      });
      await box.wait();
      return 'runs';
    } catch (error) {
      assert.ok(error instanceof SlipwayError && error.step !== undefined, String(error));
      return error.step;
    }
  }

  it(`changes nothing outside in ${STARTS} starts, which run or tell the step that failed`, async () => {
    const before = { victim: picture(victim), machine: machinePicture() };
    const results: string[] = [];
    for (let done = 0; done < STARTS; done += 4) {
      results.push(...(await Promise.all([startOnce(), startOnce(), startOnce(), startOnce()])));
    }
    assert.equal(racer.exitCode, null, 'the racer has to be there until the end');
    racer.kill('SIGKILL');
    await once(racer, 'exit');
    assert.ok(results.includes('runs'), [...new Set(results)].join());
    assert.deepEqual({ victim: picture(victim), machine: machinePicture() }, before);
  });
});
