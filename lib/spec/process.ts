// SPDX-License-Identifier: Apache-2.0
// The process of a container: its arguments, environment and directory.

import { asAbsolutePath, refuse } from '../check.js';
import type { NormalisedOptions } from '../container/options.js';
import { SlipwayError } from '../errors.js';
import { parseSignal } from '../signals.js';
import { readUser } from './user.js';

/** The part of an OCI image configuration that concerns its containers, as it is in JSON. */
export interface ImageConfig {
  readonly Env?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly User?: string | null;
  readonly WorkingDir?: string | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly StopSignal?: string | null;
  readonly ExposedPorts?: Readonly<Record<string, object>> | null;
  readonly Volumes?: Readonly<Record<string, object>> | null;
}

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const SIGTERM = 15;

/** The entrypoint, then the command. An entrypoint of the caller's takes the image's command away. */
export function buildArgs(options: NormalisedOptions, image: ImageConfig): readonly string[] {
  const entrypoint = options.entrypoint ?? image.Entrypoint ?? [];
  const usual = options.entrypoint === undefined ? (image.Cmd ?? []) : [];
  const command = options.command ?? usual;
  const args = entrypoint.length === 0 ? command : [...entrypoint, ...command];
  if (args.length === 0) refuse('command', options.command, 'a command, as the image has none');
  if (args[0] === '') refuse('command', args, 'the name of a program first');
  return checkImage('arguments', args);
}

/**
 * PATH, HOSTNAME and TERM, then the image's variables, then the caller's. HOME depends on the
 * user, who is looked up in the image: the native side adds it where it is missing.
 */
export function buildEnv(
  options: NormalisedOptions,
  image: ImageConfig,
  hostname: string | undefined,
): readonly string[] {
  const base = [PATH];
  if (hostname !== undefined) base.push(`HOSTNAME=${hostname}`);
  if (options.tty) base.push('TERM=xterm');
  const own = image.Env ?? [];
  if (own.length === 0 && options.env.length === 0) return base;
  return mergeEnv(base, checkImage('environment', own), options.env);
}

/** Later lists go before earlier ones; `NAME` without a value removes. */
export function mergeEnv(...lists: readonly (readonly string[])[]): readonly string[] {
  const merged = new Map<string, string>();
  for (const list of lists) {
    for (const entry of list) {
      const at = entry.indexOf('=');
      if (at < 0) merged.delete(entry);
      else merged.set(entry.slice(0, at), entry);
    }
  }
  return [...merged.values()];
}

export function buildWorkdir(options: NormalisedOptions, image: ImageConfig): string {
  if (options.workdir !== undefined) return options.workdir;
  const own = image.WorkingDir;
  if (own === undefined || own === null || own === '') return '/';
  return asAbsolutePath("the image's WorkingDir", own.startsWith('/') ? own : `/${own}`);
}

/** Empty: root. Names are left for the image's own files to answer. */
export function buildUser(options: NormalisedOptions, image: ImageConfig): string {
  if (options.user !== undefined) return options.user;
  const own = image.User ?? '';
  return own === '' ? '' : readUser("the image's User", own);
}

export function buildStopSignal(
  options: NormalisedOptions,
  image: ImageConfig,
  warnings: string[],
): number {
  if (options.stopSignal !== undefined) return options.stopSignal;
  const own = image.StopSignal ?? '';
  if (own === '') return SIGTERM;
  try {
    return parseSignal("the image's StopSignal", own);
  } catch (error) {
    // The image cannot be mended by who runs it, and SIGTERM stops most programs.
    warnings.push(`SIGTERM is the stop signal: ${String(error)}`);
    return SIGTERM;
  }
}

// JSON can hold a NUL, at which the kernel would end the text.
function checkImage(what: string, texts: readonly string[]): readonly string[] {
  const bad = texts.find((text) => typeof text !== 'string' || text.includes('\0'));
  if (bad === undefined) return texts;
  const message = `the image's ${what}: not a text without NUL: ${JSON.stringify(bad)}`;
  throw new SlipwayError(message, { code: 'ERR_IMAGE_INVALID' });
}
