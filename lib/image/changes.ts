// SPDX-License-Identifier: Apache-2.0
// What `import` may set in the configuration of the image it makes.
import { asAbsolutePath, asObject, asPairs, asTextList, type MapOrList, refuse } from '../check.js';
import { readCommand } from '../container/options/process.js';
import type { ImageConfig } from '../spec/process.js';
import { readUser } from '../spec/user.js';

/** Docker: `docker import --change`, one key an instruction. */
export interface ImageChanges {
  /** Docker: ENV. */
  readonly env?: MapOrList;
  /** What runs when a container gives no command. Docker: CMD. */
  readonly command?: readonly string[];
  /** Docker: ENTRYPOINT. */
  readonly entrypoint?: readonly string[];
  /** Docker: WORKDIR. */
  readonly workdir?: string;
  /** Docker: USER. */
  readonly user?: string | number;
  /** Docker: LABEL. */
  readonly labels?: MapOrList;
  /** `'80'`, `'80/udp'`, `'8000-8010/tcp'`. Docker: EXPOSE. */
  readonly exposedPorts?: readonly (string | number)[];
  /** Absolute paths. Docker: VOLUME. */
  readonly volumes?: readonly string[];
}

const KEYS = [
  'env',
  'command',
  'entrypoint',
  'workdir',
  'user',
  'labels',
  'exposedPorts',
  'volumes',
] as const;
const MAX_PORT = 65_535;

export function readChanges(value: unknown): ImageConfig {
  if (value === undefined) return {};
  const changes = asObject('changes', value, KEYS);
  const { env, command, entrypoint, workdir, user, labels, exposedPorts, volumes } = changes;
  return {
    ...(env !== undefined && { Env: readEnv(env) }),
    ...(command !== undefined && { Cmd: readCommand('changes.command', command) }),
    ...(entrypoint !== undefined && { Entrypoint: readCommand('changes.entrypoint', entrypoint) }),
    ...(workdir !== undefined && { WorkingDir: asAbsolutePath('changes.workdir', workdir) }),
    ...(user !== undefined && { User: readUser('changes.user', user) }),
    ...(labels !== undefined && { Labels: readLabels(labels) }),
    ...(exposedPorts !== undefined && { ExposedPorts: readPorts(exposedPorts) }),
    ...(volumes !== undefined && { Volumes: readVolumes(volumes) }),
  };
}

function readEnv(value: unknown): string[] {
  return asPairs('changes.env', value).map(([name, text]) => {
    return text === undefined ? refuse('changes.env', name, "'name=value'") : `${name}=${text}`;
  });
}

function readLabels(value: unknown): Record<string, string> {
  const pairs = asPairs('changes.labels', value);
  return Object.fromEntries(pairs.map(([name, text]) => [name, text ?? '']));
}

function readVolumes(value: unknown): Record<string, object> {
  const paths = asTextList('changes.volumes', value, 'a list of absolute paths');
  const checked = paths.map((path, index) => asAbsolutePath(`changes.volumes[${index}]`, path));
  return Object.fromEntries(checked.map((path) => [path, {}]));
}

function readPorts(value: unknown): Record<string, object> {
  const list = Array.isArray(value) ? value.map(String) : value;
  const ports = asTextList('changes.exposedPorts', list, "a list such as ['80', '53/udp']");
  const names = ports.flatMap((port, index) => readPort(`changes.exposedPorts[${index}]`, port));
  return Object.fromEntries(names.map((name) => [name, {}]));
}

function readPort(option: string, text: string): string[] {
  const [, first, last = first, protocol = 'tcp'] =
    /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (!(from >= 1 && from <= to && to <= MAX_PORT)) {
    refuse(option, text, "a port such as '80', '53/udp' or '8000-8010/tcp'");
  }
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}/${protocol}`);
}
