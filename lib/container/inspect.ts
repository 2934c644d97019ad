// SPDX-License-Identifier: Apache-2.0
// What is known of a container, in one object.
import type { Spec } from '../spec/types.js';
import type { ContainerStatus, Internals } from './internals.js';

/** The result of {@link Container.inspect}. */
export interface ContainerInfo {
  readonly id: string;
  /** Empty where none was given. */
  readonly name: string;
  readonly image: { readonly id: string; readonly tags: readonly string[] };
  readonly createdAt: Date;
  readonly state: {
    readonly status: ContainerStatus;
    readonly running: boolean;
    readonly paused: boolean;
    /** 0 unless it runs. */
    readonly pid: number;
    /** Of the last run; null before its end. */
    readonly exitCode: number | null;
    readonly oomKilled: boolean;
    readonly startedAt: Date | null;
    readonly finishedAt: Date | null;
  };
  readonly labels: Readonly<Record<string, string>>;
  readonly autoRemove: boolean;
  readonly tty: boolean;
  /** The OCI configuration it runs with; uid and gid are looked up at the start. */
  readonly spec: Spec;
  /** What was asked for and has no effect on this machine. */
  readonly warnings: readonly string[];
}

export function inspectContainer(self: Internals): ContainerInfo {
  const running = self.status === 'running' || self.status === 'paused';
  return {
    id: self.id,
    name: self.name,
    image: { id: self.image.id, tags: self.image.tags },
    createdAt: self.createdAt,
    state: {
      status: self.status,
      running,
      paused: self.status === 'paused',
      pid: self.pid,
      exitCode: self.report?.exitCode ?? null,
      oomKilled: self.report?.oomKilled ?? false,
      startedAt: self.startedAt ?? null,
      finishedAt: running ? null : (self.finishedAt ?? null),
    },
    labels: { ...self.image.config.Labels, ...self.options.labels },
    autoRemove: self.options.autoRemove,
    tty: self.options.tty,
    spec: self.built.spec,
    warnings: self.built.warnings,
  };
}
