// SPDX-License-Identifier: Apache-2.0
// The one way from what a caller wrote to checked options. Nothing is made
// before it has returned.

import { isPlainObject, refuse } from '../check.js';
import { InvalidArgumentError } from '../errors.js';
import { normaliseBlockIo } from './options/block-io.js';
import { normaliseDevices } from './options/devices.js';
import { type ExecOptions, type NormalisedExec, normaliseExec } from './options/exec.js';
import { normaliseIdentity } from './options/identity.js';
import { normaliseLifecycle } from './options/lifecycle.js';
import { CONTAINER_NAMES, EXEC_NAMES, hintFor } from './options/names.js';
import { normaliseNamespaces } from './options/namespaces.js';
import { normaliseNetwork } from './options/network.js';
import { normaliseProcess } from './options/process.js';
import { normaliseResources } from './options/resources.js';
import { normaliseSecurity } from './options/security.js';
import { normaliseStdio } from './options/stdio.js';
import { normaliseStorage } from './options/storage.js';
import { normaliseUlimits } from './options/ulimits.js';
import type { ContainerOptions, NormalisedOptions } from './options.js';

/**
 * Checks options of a container and fills in the defaults that depend on nothing else.
 *
 * @throws InvalidArgumentError naming the option, what was given and what is allowed.
 */
export function normaliseOptions(options: ContainerOptions): NormalisedOptions {
  checkNames(options, CONTAINER_NAMES);
  const normalised = Object.assign(
    normaliseIdentity(options),
    normaliseProcess(options),
    normaliseStdio(options),
    normaliseResources(options),
    normaliseBlockIo(options),
    normaliseUlimits(options),
    normaliseStorage(options),
    normaliseDevices(options),
    normaliseSecurity(options),
    normaliseNamespaces(options),
    normaliseNetwork(options),
    normaliseLifecycle(options),
  );
  checkTogether(options, normalised);
  return normalised;
}

/** Checks options of an exec. */
export function normaliseExecOptions(options: ExecOptions): NormalisedExec {
  checkNames(options, EXEC_NAMES);
  return normaliseExec(options);
}

// Undefined counts as not given, whatever the name: callers spread objects.
function checkNames(options: unknown, known: ReadonlySet<string>): void {
  if (!isPlainObject(options)) refuse('options', options, 'an object');
  for (const name in options) {
    if (known.has(name) || options[name] === undefined) continue;
    const allowed = 'no option of this name';
    throw new InvalidArgumentError({
      option: name,
      given: options[name],
      allowed,
      hint: hintFor(name, known),
    });
  }
}

function checkTogether(options: ContainerOptions, read: NormalisedOptions): void {
  if (read.uts.mode !== 'private') {
    const allowed = "hostname and domainname only with uts: 'private'";
    if (read.hostname !== undefined) refuse('hostname', options.hostname, allowed);
    if (read.domainname !== undefined) refuse('domainname', options.domainname, allowed);
  }
  if (read.init && read.pid.mode !== 'private') {
    const hint = 'the init reaps processes as process 1 of a pid namespace';
    refuse('init', options.init, "init only with pid: 'private'", hint);
  }
  for (const name of ['pid', 'ipc', 'uts', 'cgroupns'] as const) {
    const mode = read[name]?.mode;
    if (read.userns === undefined || (mode !== 'container' && mode !== 'path')) continue;
    const hint = 'root of another user namespace has no right to join it';
    refuse(
      name,
      options[name],
      "a namespace of its own or 'host' with usernsMode: 'private'",
      hint,
    );
  }
  if (read.privileged && read.userns !== undefined) {
    refuse('privileged', true, "privileged only with usernsMode: 'host'");
  }
}
