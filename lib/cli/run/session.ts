// SPDX-License-Identifier: Apache-2.0
// The life of a container of `run`, from the request to the exit code.
import { isatty } from 'node:tty';
import { Container, type ContainerOptions, Engine } from '../../index.js';
import { print, warn } from '../output.js';
import { PlainError } from '../usage-error.js';
import { CidFile } from './cidfile.js';
import type { RunRequest } from './request.js';
import { SignalProxy } from './signals.js';
import { planStdio, type StdioPlan } from './stdio.js';
import { connectPipes, connectTerminal, type Streams, windowSize } from './streams.js';

/** Resolves to the exit code of the container, which is gone by then. */
export async function runSession(request: RunRequest, root: string | undefined): Promise<number> {
  if (request.tty && request.attached.stdin && !isatty(0)) {
    throw new PlainError('the input device is not a TTY', 1);
  }
  const cidfile = request.cidfile === undefined ? undefined : new CidFile(request.cidfile);
  const signals = new SignalProxy(request.sigProxy);
  const engine = new Engine({ preparedStarts: 0, ...(root !== undefined && { root }) });
  try {
    const plan = planStdio(request.attached);
    const box = await Container.create({ ...optionsOf(request, plan), engine });
    cidfile?.write(box.id);
    await announce(box, request);
    await box.start();
    return await follow(box, request, plan, signals);
  } finally {
    cidfile?.close();
    await engine.close();
    signals.close();
  }
}

function optionsOf(request: RunRequest, plan: StdioPlan): ContainerOptions {
  // What is not read waits in the container, not in our memory.
  const base = { ...request.options, autoRemove: true, maxBuffer: 0 };
  if (!request.tty) return { ...base, ...plan };
  const consoleSize = windowSize();
  return { ...base, ...(consoleSize !== undefined && { consoleSize }) };
}

async function announce(box: Container, { attached }: RunRequest): Promise<void> {
  const { warnings } = await box.inspect();
  for (const warning of warnings) warn(`WARNING: ${warning}`);
  // Somebody who looks at none of the output has the id to go by.
  if (!attached.stdout && !attached.stderr) print(box.id);
}

async function follow(
  box: Container,
  request: RunRequest,
  plan: StdioPlan,
  signals: SignalProxy,
): Promise<number> {
  const streams = request.tty ? connectTerminal(box, request.attached) : connectPipes(box, plan);
  try {
    signals.started(box);
    return await Promise.race([endOf(box, streams), streams.failed, signals.failure]);
  } finally {
    streams.close();
  }
}

async function endOf(box: Container, streams: Streams): Promise<number> {
  const { exitCode } = await box.wait();
  await streams.drained;
  return exitCode;
}
