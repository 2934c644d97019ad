// SPDX-License-Identifier: Apache-2.0
// A volume in which somebody exchanges a folder and a link for each other all
// the time, while containers have mounts below it.
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { Container } from '../../../lib/index.js';
import { makeVictim, useRange } from './attack.js';
import { assertNothingChanges, outcomeOf, startRacer } from './racer.js';

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
    racer = await startRacer(range, join(shared, 'a'), join(shared, 'link'));
  });
  after(() => racer?.kill('SIGKILL'));

  const startOnce = () =>
    outcomeOf(async () => {
      await using box = await Container.run({
        engine: range.engine,
        image: range.image,
        command: ['true'],
        workdir: '/shared/a/cwd',
        volumes: [`${shared}:/shared`, `${payload}:/shared/a/work`],
        tmpfs: { '/shared/a/memory': '' },
      });
      await box.wait();
    });

  it(`changes nothing outside in ${STARTS} starts, which run or tell the step that failed`, async () => {
    const four = () => [startOnce(), startOnce(), startOnce(), startOnce()];
    await assertNothingChanges(racer, victim, STARTS, four);
  });
});
