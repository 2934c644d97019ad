// SPDX-License-Identifier: Apache-2.0
// A folder of the machine as /dev, in which somebody exchanges the console for a
// link all the time, while containers with terminals start.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { SlipwayError } from '../../../lib/index.js';
import type { Mount, Spec } from '../../../lib/spec/types.js';
import { SpecBox } from '../../helpers/specs.js';
import { machinePicture, makeVictim, picture, useRange } from './attack.js';

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
    racer = spawn(join(range.probes, 'swap'), [join(dev, 'console'), join(dev, 'link')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (racer.stdout !== null) await once(racer.stdout, 'data');
  });
  after(() => racer?.kill('SIGKILL'));

  // Without a devpts no terminal is opened; the option of the volume leaves that out.
  async function startOnce(extra: readonly Mount[]): Promise<string> {
    const change = (usual: Spec): Spec => ({
      ...usual,
      mounts: [...(usual.mounts ?? []), PTS, ...extra],
    });
    const options = { command: ['/bin/true'], tty: true, volumes: [`${dev}:/dev`] };
    try {
      await using box = await SpecBox.start(range, change, options);
      await box.self.exit;
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
      const four = [startOnce([]), startOnce([]), startOnce([CONSOLE]), startOnce([CONSOLE])];
      results.push(...(await Promise.all(four)));
    }
    assert.equal(racer.exitCode, null, 'the racer has to be there until the end');
    racer.kill('SIGKILL');
    await once(racer, 'exit');
    assert.ok(results.includes('runs'), [...new Set(results)].join());
    assert.deepEqual({ victim: picture(victim), machine: machinePicture() }, before);
    assert.deepEqual(Object.keys(picture(dev)).sort(), ['.', 'console', 'link', 'pts']);
  });
});
