// SPDX-License-Identifier: Apache-2.0
// From the command line of `run` to the options of a container.
import { readFileSync } from 'node:fs';
import type { ContainerOptions } from '../../container/options.js';
import { InvalidArgumentError } from '../../errors.js';
import type { FlagValue, FlagValues } from '../flags/flag.js';
import { PlainError } from '../usage-error.js';
import { RUN_FLAGS, type RunFlag } from './flags.js';
import { refuseFlag, refuseUnavailable } from './unavailable.js';

export interface Attached {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

export interface RunRequest {
  readonly options: ContainerOptions;
  readonly attached: Attached;
  readonly tty: boolean;
  readonly sigProxy: boolean;
  readonly cidfile: string | undefined;
}

const ATTACHABLE: readonly string[] = ['stdin', 'stdout', 'stderr'];

/**
 * @throws InvalidArgumentError or PlainError for what is refused here; options are checked when
 * the container is made.
 */
export function readRequest(values: FlagValues, args: readonly string[]): RunRequest {
  refuseUnavailable(values);
  refusePull(values.text('pull'));
  refusePlatform(values.text('platform'));
  const [image = '', ...words] = args;
  // `run host -- id`: here the words after IMAGE are the command in any case.
  const command = words[0] === '--' ? words.slice(1) : words;
  const options: Record<string, unknown> = { image, ...mapFlags(values) };
  if (command.length > 0) options.command = command;
  Object.assign(options, readNetwork(values), readLabels(values));
  return {
    options: options as unknown as ContainerOptions,
    attached: readAttached(values),
    tty: values.bool('tty'),
    sigProxy: values.get('sig-proxy') !== false,
    cidfile: values.text('cidfile') || undefined,
  };
}

function mapFlags(values: FlagValues): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const flag of RUN_FLAGS) {
    const value = values.get(flag.name);
    if (flag.option === undefined || value === undefined || isUnset(flag, value)) continue;
    options[flag.option] = flag.convert === undefined ? value : flag.convert(value);
  }
  return options;
}

function isUnset(flag: RunFlag, value: FlagValue): boolean {
  return value === flag.unset || (value === '' && flag.keepEmpty !== true);
}

// Docker joins several networks; of these two a container has one.
function readNetwork(values: FlagValues): { network?: string } {
  const [first, second] = values.list('network').filter((name) => name !== '');
  if (second !== undefined) refuseFlag('more than one --network', 'the networks are none and host');
  return first === undefined ? {} : { network: first };
}

function readLabels(values: FlagValues): { labels?: readonly string[] } {
  const labels = [...values.list('label-file').flatMap(labelLines), ...values.list('label')];
  return labels.length === 0 ? {} : { labels };
}

function labelLines(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const allowed = 'a readable file';
    throw new InvalidArgumentError({ option: '--label-file', given: path, allowed, cause });
  }
  const lines = text.split(/\r?\n/).map((line) => line.trimStart());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

function readAttached(values: FlagValues): Attached {
  const interactive = values.bool('interactive');
  const named = values.list('attach').map((name) => name.toLowerCase());
  for (const name of named) {
    if (!ATTACHABLE.includes(name)) {
      const allowed = 'STDIN, STDOUT or STDERR';
      throw new InvalidArgumentError({ option: '--attach', given: name, allowed });
    }
  }
  if (named.length === 0) return { stdin: interactive, stdout: true, stderr: true };
  return {
    stdin: interactive && named.includes('stdin'),
    stdout: named.includes('stdout'),
    stderr: named.includes('stderr'),
  };
}

function refusePull(policy: string | undefined): void {
  if (policy === undefined || ['', 'missing', 'never'].includes(policy)) return;
  if (policy === 'always') refuseFlag('--pull always', 'images are imported with slipway import');
  const allowed = "'missing' or 'never'";
  throw new InvalidArgumentError({ option: '--pull', given: policy, allowed });
}

function refusePlatform(platform: string | undefined): void {
  if (platform === undefined || platform === '') return;
  const own = process.arch === 'arm64' ? 'linux/arm64' : 'linux/amd64';
  if (platform === own || (own === 'linux/arm64' && platform === 'linux/arm64/v8')) return;
  throw new PlainError(
    `--platform: got '${platform}', expected '${own}' (hint: other processors are not emulated)`,
    125,
  );
}
