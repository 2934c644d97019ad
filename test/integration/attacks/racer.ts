// SPDX-License-Identifier: Apache-2.0
// Somebody on the machine who exchanges two paths without end while containers start.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { SlipwayError } from '../../../lib/index.js';
import { machinePicture, picture, type Range } from './attack.js';

/** Begins to exchange; the probe is there until it is killed. */
export async function startRacer(range: Range, one: string, other: string): Promise<ChildProcess> {
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const racer = spawn(join(range.probes, 'swap'), [one, other], { stdio: [...stdio] });
  await once(racer.stdout, 'data');
  return racer;
}

/** `runs`, or the step that failed; anything else that is thrown is thrown. */
export async function outcomeOf(start: () => Promise<void>): Promise<string> {
  try {
    await start();
    return 'runs';
  } catch (error) {
    assert.ok(error instanceof SlipwayError && error.step !== undefined, String(error));
    return error.step;
  }
}

/** Makes the starts, four at a time, and compares the machine and the victim's folder with before. */
export async function assertNothingChanges(
  racer: ChildProcess,
  victim: string,
  starts: number,
  startFour: () => Promise<string>[],
): Promise<void> {
  const before = { victim: picture(victim), machine: machinePicture() };
  const results: string[] = [];
  for (let done = 0; done < starts; done += 4) results.push(...(await Promise.all(startFour())));
  assert.equal(racer.exitCode, null, 'the racer has to be there until the end');
  racer.kill('SIGKILL');
  await once(racer, 'exit');
  assert.ok(results.includes('runs'), [...new Set(results)].join());
  assert.deepEqual({ victim: picture(victim), machine: machinePicture() }, before);
}
