// SPDX-License-Identifier: Apache-2.0
// Which participants this machine has.
import { spawnSync } from 'node:child_process';
import type { Setting } from '../context.js';
import { Bwrap } from './bwrap.js';
import { DockerLike } from './docker.js';
import { missingDockerd } from './dockerd.js';
import { Floor, Limit } from './limit.js';
import { OciRuntime } from './oci.js';
import type { Participant } from './participant.js';
import { Slipway } from './slipway.js';

const answers = (...[program, ...args]: [string, ...string[]]) =>
  spawnSync(program, args, { stdio: 'ignore', timeout: 10_000 }).status === 0;

interface Candidate {
  name: string;
  /** Why it cannot take part, or nothing. */
  missing?(): string | undefined;
  open(setting: Setting): Participant | Promise<Participant>;
}

function tool(name: string, open: Candidate['open']): Candidate {
  const missing = () => (answers(name, '--version') ? undefined : 'not installed');
  return { name, missing, open };
}

const candidates: readonly Candidate[] = [
  { name: 'slipway', open: (setting) => Slipway.open(setting) },
  { name: 'limit', open: (setting) => new Limit(setting) },
  { name: 'no container', open: (setting) => new Floor(setting) },
  tool('bwrap', (setting) => new Bwrap(setting)),
  tool('crun', (setting) => new OciRuntime('crun', setting)),
  tool('runc', (setting) => new OciRuntime('runc', setting)),
  tool('podman', (setting) => new DockerLike(setting)),
  {
    name: 'docker',
    missing: missingDockerd,
    open: (setting) => DockerLike.openDocker(setting),
  },
];

/** Adds to `opened` one by one, so that a failure leaves known what is to be closed. */
export async function openParticipants(
  setting: Setting,
  wanted: readonly string[],
  opened: Participant[],
): Promise<void> {
  const names = candidates.map(({ name }) => name);
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown) throw new Error(`no participant ${unknown}: known are ${names.join(', ')}`);
  for (const { name, missing, open } of candidates) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const reason = missing?.();
    if (reason === undefined) opened.push(await open(setting));
    else console.log(`${name}: left out, ${reason}`);
  }
  console.log();
}
