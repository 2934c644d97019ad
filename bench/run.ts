// SPDX-License-Identifier: Apache-2.0
// npm run bench: measures the scenarios, prints tables, writes JSON and a plot,
// and leaves nothing behind.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context, Setting } from './context.js';
import { describeMachine, readMachine } from './machine.js';
import { type BenchOptions, parseOptions, USAGE } from './options.js';
import { openParticipants } from './participants/find.js';
import { installPeers } from './participants/install.js';
import type { Participant } from './participants/participant.js';
import { benchProfile } from './profile.js';
import { compilePrograms } from './programs.js';
import type { Group } from './result.js';
import { scenarios } from './scenarios/index.js';
import { compileSeccomp } from './seccomp.js';
import { drawSvg } from './svg.js';
import { formatGroup } from './table.js';
import { closeWorkspace, openWorkspace, type Workspace } from './workspace.js';

function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort(new Error(`ended by ${name}`)));
  }
  return controller.signal;
}

function prepare(workspace: Workspace, signal: AbortSignal): Setting {
  const seccomp = benchProfile();
  const seccompFile = join(workspace.dir, 'seccomp.bpf');
  const program = compileSeccomp(seccomp);
  writeFileSync(seccompFile, program);
  compilePrograms(workspace.dir);
  console.log(`seccomp filter of ${program.length / 8} instructions`);
  return { workspace, programs: workspace.dir, seccomp, seccompFile, signal };
}

async function measureAll(context: Context, wanted: readonly string[]): Promise<Group[]> {
  const groups: Group[] = [];
  for (const scenario of scenarios) {
    if (wanted.length > 0 && !wanted.includes(scenario.id)) continue;
    const measured = await scenario.measure(context);
    for (const group of measured) console.log(formatGroup(group));
    groups.push(...measured);
  }
  return groups;
}

function writeResults(options: BenchOptions, groups: readonly Group[]): void {
  const machine = readMachine();
  const date = new Date().toISOString();
  if (options.json)
    writeFileSync(options.json, `${JSON.stringify({ date, machine, groups }, null, 2)}\n`);
  if (options.svg) writeFileSync(options.svg, drawSvg(groups, describeMachine(machine)));
}

// Tidying up goes on past a failure, and never hides what failed before it.
async function attempt(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.error(`${what}: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}

async function closeAll(participants: readonly Participant[]): Promise<void> {
  for (const participant of participants) {
    await attempt(`closing ${participant.name}`, () => participant.close());
  }
}

async function measureIn(
  workspace: Workspace,
  options: BenchOptions,
  signal: AbortSignal,
): Promise<void> {
  const setting = prepare(workspace, signal);
  const participants: Participant[] = [];
  try {
    await openParticipants(setting, options.participants, participants);
    const context = { ...setting, participants, short: options.short };
    writeResults(options, await measureAll(context, options.scenarios));
  } finally {
    await closeAll(participants);
  }
}

async function main(): Promise<void> {
  const options = parseOptions(
    process.argv.slice(2),
    scenarios.map(({ id }) => id),
  );
  if (process.getuid?.() !== 0)
    throw new Error('the benchmark compares with programs that need root');
  const signal = interruption();
  if (options.installPeers) installPeers();
  console.log(describeMachine(readMachine()));
  const workspace = openWorkspace(options.work);
  try {
    await measureIn(workspace, options, signal);
  } finally {
    await attempt('tidying up', () => closeWorkspace(workspace));
  }
}

main().catch((error: Error) => {
  console.error(`${error.message}\n${USAGE}`);
  process.exitCode = 1;
});
