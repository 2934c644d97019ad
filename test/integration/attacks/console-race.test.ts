// SPDX-License-Identifier: Apache-2.0
// A folder of the machine as /dev, in which somebody exchanges the console for a
// link all the time, while containers with terminals start.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import type { Mount, Spec } from '../../../lib/spec/types.js';
import { SpecBox } from '../../helpers/specs.js';
import { makeVictim, picture, useRange } from './attack.js';
import { assertNothingChanges, outcomeOf, startRacer } from './racer.js';

const STARTS = 60;
const PTS: Mount = { destination: '/dev/pts', type: 'devpts', source: 'devpts' };
const CONSOLE: Mount = {
  destination: '/dev/console',
  type: 'bind',
  source: '/dev/null',
  options: ['bind'],
};

describe('a console that is exchanged for a link', function () {
  this.timeout(30_000);
  const range = useRange('swap');
  const dev = join(range.folder, 'dev');
  const victim = join(range.folder, 'victim');
  let racer: ChildProcess;

  before(async () => {
    makeVictim(victim);
    mkdirSync(join(dev, 'pts'), { recursive: true });
    writeFileSync(join(dev, 'console'), '');
    symlinkSync(join(victim, 'console'), join(dev, 'link'));
    racer = await startRacer(range, join(dev, 'console'), join(dev, 'link'));
  });
  after(() => racer?.kill('SIGKILL'));

  // Without a devpts no terminal is opened; the option of the volume leaves that out.
  const startOnce = (extra: readonly Mount[]) =>
    outcomeOf(async () => {
      const change = (usual: Spec): Spec => ({
        ...usual,
        mounts: [...(usual.mounts ?? []), PTS, ...extra],
      });
      const options = { command: ['/bin/true'], tty: true, volumes: [`${dev}:/dev`] };
      await using box = await SpecBox.start(range, change, options);
      await box.self.exit;
    });

  it(`changes nothing outside in ${STARTS} starts, which run or tell the step that failed`, async () => {
    const four = () => [startOnce([]), startOnce([]), startOnce([CONSOLE]), startOnce([CONSOLE])];
    await assertNothingChanges(racer, victim, STARTS, four);
    assert.deepEqual(Object.keys(picture(dev)).sort(), ['.', 'console', 'link', 'pts']);
  });
});
