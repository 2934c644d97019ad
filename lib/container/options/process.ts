// SPDX-License-Identifier: Apache-2.0
// Options about the process: what runs, as whom, where and with which environment.
import { readFileSync } from 'node:fs';
import {
  asAbsolutePath,
  asArray,
  asBoolean,
  asKernelText,
  asPairs,
  asTextList,
  isPlainObject,
  refuse,
} from '../../check.js';
import { readGroup, readUser } from '../../spec/user.js';

/** A mapping, or a list of `NAME=value` and `NAME` texts. */
export type EnvOption =
  | Readonly<Record<string, string | number | boolean | null | undefined>>
  | readonly string[];

export interface ProcessOptions {
  /**
   * The arguments of the container's process; after the entrypoint if there is one.
   * Default: the image's command. No shell reads it: `['sh', '-c', 'a | b']` starts one.
   * Docker: the words after IMAGE in `docker run`.
   */
  command?: readonly string[];
  /**
   * Replaces the image's entrypoint, and with it the image's command. A text is one
   * program name, not a command line; `[]` or `''` is no entrypoint.
   * Docker: `docker run --entrypoint`.
   */
  entrypoint?: readonly string[] | string;
  /**
   * Variables on top of those of the image. `NAME` alone in a list, or null in a mapping,
   * passes on the value of this process, and removes the image's where this process has none;
   * undefined in a mapping is left out. Docker: `docker run --env`.
   */
  env?: EnvOption;
  /**
   * Files of `NAME=value` lines, `#` starting a comment line; `env` goes before them.
   * Read once, when the options are checked. Docker: `docker run --env-file`.
   */
  envFile?: string | readonly string[];
  /**
   * Working directory, absolute; made if the image lacks it. Default: the image's, else `/`.
   * Docker: `docker run --workdir`.
   */
  workdir?: string;
  /**
   * `name`, `uid`, `name:group` or `uid:gid`; names are looked up in the image, a number is
   * never taken as a name. Numbers go to 2147483647. Default: the image's user, else root.
   * Docker: `docker run --user`.
   */
  user?: string | number;
  /** More groups of the process, each a name of the image or a gid. Docker: `docker run --group-add`. */
  groupAdd?: readonly (string | number)[];
  /**
   * Runs a small init as process 1 that forwards signals and reaps zombies.
   * Default: false. Docker: `docker run --init`.
   */
  init?: boolean;
}

export interface NormalisedProcess {
  command: readonly string[] | undefined;
  /** Empty: the entrypoint of the image is taken away. */
  entrypoint: readonly string[] | undefined;
  /** `NAME=value` sets, `NAME` removes what the image sets. */
  env: readonly string[];
  workdir: string | undefined;
  /** Undefined: the image's. */
  user: string | undefined;
  groupAdd: readonly string[];
  init: boolean;
}

const NONE: readonly string[] = [];

export function normaliseProcess(options: ProcessOptions): NormalisedProcess {
  return {
    command: options.command === undefined ? undefined : readCommand('command', options.command),
    entrypoint: readEntrypoint(options.entrypoint),
    env: readEnvironment(options),
    workdir: options.workdir === undefined ? undefined : asAbsolutePath('workdir', options.workdir),
    user: options.user === undefined ? undefined : readUser('user', options.user),
    groupAdd: options.groupAdd === undefined ? NONE : readGroups(options.groupAdd),
    init: asBoolean('init', options.init),
  };
}

export function readCommand(option: string, value: unknown): readonly string[] {
  const allowed = "a list of texts such as ['sh', '-c', 'echo hi']";
  return asTextList(option, value, allowed);
}

function readGroups(value: unknown): readonly string[] {
  const list = asArray('groupAdd', value, 'a list of group names and gids');
  return list.map((item, index) => readGroup(`groupAdd[${index}]`, item));
}

function readEntrypoint(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (value === '') return NONE;
  return readCommand('entrypoint', typeof value === 'string' ? [value] : value);
}

function readEnvironment(options: ProcessOptions): readonly string[] {
  if (options.env === undefined && options.envFile === undefined) return NONE;
  return [...readEnvFiles(options.envFile), ...readEnv('env', options.env)];
}

export function readEnv(option: string, value: unknown): readonly string[] {
  if (Array.isArray(value)) {
    return asPairs(option, value).map(([name, text]) => entry(name, text));
  }
  if (value === undefined) return NONE;
  if (!isPlainObject(value)) {
    return refuse(option, value, "an object of texts or a list of 'NAME=value' texts");
  }
  return Object.entries(value)
    .filter(([, text]) => text !== undefined)
    .map(([name, text]) => envOf(option, name, text));
}

function envOf(option: string, name: string, value: unknown): string {
  if (name === '' || name.includes('=')) refuse(option, name, 'names without =');
  asKernelText(option, name);
  if (value === null) return entry(name, undefined);
  const simple = typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
  const text = simple ? String(value) : refuse(`${option}.${name}`, value, 'a text or null');
  return entry(name, asKernelText(`${option}.${name}`, text));
}

function entry(name: string, value: string | undefined): string {
  const text = value ?? process.env[name];
  return text === undefined ? name : `${name}=${text}`;
}

function readEnvFiles(value: unknown): string[] {
  if (value === undefined) return [];
  const files = typeof value === 'string' ? [value] : value;
  return asTextList('envFile', files, 'a path or a list of paths').flatMap(readEnvFile);
}

function readEnvFile(path: string): string[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (cause) {
    return refuse('envFile', path, 'a readable file of UTF-8 text', String(cause));
  }
  return text
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => envLine(path, line));
}

function envLine(path: string, line: string): string {
  const at = line.indexOf('=');
  const name = at < 0 ? line.trimEnd() : line.slice(0, at);
  if (name === '' || /[\s\0]/.test(name) || line.includes('\0')) {
    refuse('envFile', line, `lines of NAME=value in ${path}`);
  }
  return entry(name, at < 0 ? undefined : line.slice(at + 1));
}
