// SPDX-License-Identifier: Apache-2.0
// The start of a container: one message to the supervisor, one answer.
import type { Supervisor } from '../engine/supervisor.js';
import { ConflictError } from '../errors.js';
import { makeFolders } from '../folders.js';
import { mayTrace } from '../spec/security.js';
import { stringifySpec } from '../spec/stringify.js';
import { canceledError, limitLife } from './cancel.js';
import { type ExitReport, exitReport } from './exit.js';
import type { Internals } from './internals.js';
import { unregister } from './registry.js';
import { openStdio, openTerminal } from './stdio.js';

export function startContainer(self: Internals): Promise<void> {
  if (self.status === 'running' || self.status === 'paused' || self.starting !== undefined) {
    return Promise.reject(
      new ConflictError(`container ${self.id} is already running`, { code: 'ERR_STATE_CONFLICT' }),
    );
  }
  if (self.removing !== undefined || self.status === 'dead') {
    const what = self.status === 'dead' ? 'was removed' : 'is being removed';
    return Promise.reject(
      new ConflictError(`container ${self.id} ${what}`, { code: 'ERR_STATE_CONFLICT' }),
    );
  }
  self.starting = start(self).finally(() => {
    self.starting = undefined;
  });
  return self.starting;
}

async function start(self: Internals): Promise<void> {
  const began = process.hrtime.bigint();
  const { engine, built } = self;
  const supervisor = await engine.supervisor();
  await engine.withFilter(built.extras.seccomp, (filter) =>
    startFiltered(self, supervisor, filter, began),
  );
}

async function startFiltered(
  self: Internals,
  supervisor: Supervisor,
  filter: number,
  began: bigint,
): Promise<void> {
  const { built, options } = self;
  if (options.signal?.aborted) throw canceledError('start', options.signal.reason);
  for (const path of built.extras.createHostPaths) makeFolders(path);
  const stdio = openStdio(options, built.spec.linux);
  // The end may arrive together with the answer; it is told after that was taken in.
  let begun = () => {};
  const running = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const exit = new Promise<ExitReport>((resolve) => {
    supervisor.onExit(self.id, (event) => {
      void running.then(() => {
        const report = exitReport(event, self.timings);
        ended(self, report);
        resolve(report);
      });
    });
  });
  try {
    const answer = await supervisor.request(
      'start',
      header(self, filter),
      planText(self, filter, stdio.ownPipes),
      stdio.fds,
      stdio.sent,
    );
    self.pid = answer.pid as number;
    self.dir = answer.dir as string;
    self.timings = {
      ...(answer.timings as Record<string, number>),
      total: Number((process.hrtime.bigint() - began) / 1000n),
    };
    if (options.tty) Object.assign(self, openTerminal(answer.fds));
    else Object.assign(self, { stdin: stdio.stdin, stdout: stdio.stdout, stderr: stdio.stderr });
  } catch (error) {
    supervisor.forgetExit(self.id);
    stdio.abandon();
    // Running, but out of reach; it may have ended by itself.
    if (self.pid !== 0)
      await supervisor.request('kill', { id: self.id, signal: 9 }).catch(() => {});
    self.pid = 0;
    throw error;
  }
  self.status = 'running';
  self.startedAt = new Date();
  self.report = undefined;
  self.canceled = undefined;
  self.exit = exit;
  limitLife(self);
  begun();
}

function ended(self: Internals, report: ExitReport): void {
  // No descriptor stays open for output that nobody asked for.
  self.stdout?.finish();
  self.stderr?.finish();
  self.cancel?.();
  self.cancel = undefined;
  self.status = 'exited';
  self.finishedAt = new Date();
  self.report = report;
  self.pid = 0;
  if (self.options.autoRemove) {
    self.status = 'dead';
    unregister(self.engine, self.id);
  }
}

function header(self: Internals, filter: number): Record<string, unknown> {
  const { linux } = self.built.spec;
  return {
    id: self.id,
    dir: self.dir,
    image: self.image.id,
    autoRemove: self.options.autoRemove,
    shape: {
      namespaces: linux?.namespaces ?? [],
      uidMappings: linux?.uidMappings,
      gidMappings: linux?.gidMappings,
      cgroup: self.engine.machine.cgroup !== 'none',
      cgroupParent: self.options.cgroupParent,
    },
    closed: self.built.extras.closed,
    mayTrace: mayTrace(self.built.spec.process),
    filter,
  };
}

function planText(self: Internals, filter: number, ownPipes: readonly number[]): string {
  const { spec, extras } = self.built;
  const layers = self.image.layers();
  const plan = {
    id: self.id,
    rootfs: {
      dir: self.dir,
      overlays: [{ target: '/', lower: layers.lower }, ...layers.overlays],
    },
    files: extras.files,
    user: extras.user,
    groupAdd: extras.groupAdd,
    init: extras.init,
    ownPipes,
    shmFrom: extras.shmFrom ?? '',
    makeWorkdir: extras.makeWorkdir,
    rootOnlyCapabilities: extras.rootOnlyCapabilities,
    rootless: self.engine.machine.rootless,
    failPoint: process.env.SLIPWAY_FAIL_STEP,
    filter,
  };
  return `${JSON.stringify(plan).slice(0, -1)},"spec":${stringifySpec(spec)}}`;
}
