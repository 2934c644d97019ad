// SPDX-License-Identifier: Apache-2.0
// What the attacks share: an engine of their own, probes compiled when first
// used, and pictures of what must not change.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before } from 'mocha';
import {
  Container,
  type ContainerOptions,
  Engine,
  Image,
  SlipwayError,
} from '../../../lib/index.js';
import { needs } from '../../helpers/needs.js';

const SOURCES = fileURLToPath(new URL('../../fixtures/probes/', import.meta.url));

export type RunOptions = Partial<ContainerOptions> & { command: readonly string[] };

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder, an engine and the embedded image, for one `describe`. */
export class Range {
  readonly folder = mkdtempSync(join(tmpdir(), 'slipway-attack-'));
  readonly engine = new Engine({ root: join(this.folder, 'root') });
  readonly probes = join(this.folder, 'probes');
  #image: Image | undefined;

  constructor() {
    mkdirSync(this.probes);
    chmodSync(this.folder, 0o711); // the root of a user namespace has to pass
  }

  get image(): Image {
    return this.#image ?? assert.fail('the image is there in tests only');
  }

  async open(probes: readonly string[]): Promise<void> {
    for (const name of probes) this.compile(name);
    this.#image = await Image.host({ engine: this.engine });
  }

  async close(): Promise<void> {
    await this.engine.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Static, so that it runs on any root file system. */
  compile(name: string): string {
    const program = join(this.probes, name);
    const source = join(SOURCES, `${name}.c`);
    execFileSync('cc', ['-static', '-O1', '-Wall', '-Wextra', '-Werror', '-o', program, source]);
    return program;
  }

  /** A new folder of this name. */
  make(name: string): string {
    const path = join(this.folder, name);
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** Starts a container that has the probes at /probes. */
  start(options: RunOptions): Promise<Container> {
    const volumes = [...(options.volumes ?? []), `${this.probes}:/probes:ro`];
    return Container.run({ image: this.image, ...options, engine: this.engine, volumes });
  }

  /** Runs one to its end. */
  async run(options: RunOptions): Promise<Ran> {
    await using box = await this.start(options);
    const { exitCode } = await box.wait();
    const stderr = options.tty ? '' : await box.stderr.text();
    return { exitCode, stdout: await box.stdout.text(), stderr };
  }
}

/** Call it first in the body of a `describe`; what it returns is open while its tests run. */
export function useRange(...probes: string[]): Range {
  needs('root', 'cgroups', 'cc', 'busybox');
  const range = new Range();
  before(() => range.open(probes));
  after(() => range.close());
  return range;
}

/** Lines of `NAME NUMBER`, as probes print errno values. */
export function numbers(text: string): Record<string, number> {
  const lines = text.split(/\r?\n/).filter((line) => / -?\d+$/.test(line));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** The error that a promise must end with. */
export async function failure(promise: Promise<unknown>): Promise<SlipwayError> {
  const error: unknown = await promise.then(
    () => assert.fail('it was allowed'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SlipwayError, String(error));
  return error;
}

function entry(path: string): string {
  const status = lstatSync(path, { bigint: true });
  const facts = [status.mode.toString(8), status.uid, status.gid, status.rdev, status.ctimeNs];
  if (status.isSymbolicLink()) facts.push(readlinkSync(path));
  if (status.isFile()) facts.push(createHash('sha256').update(readFileSync(path)).digest('hex'));
  return facts.join(' ');
}

/** Everything below a folder, with what a change of any kind would change. */
export function picture(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(['.', ...names].map((name) => [name, entry(join(folder, name))]));
}

/** What containers could reach of the machine: nodes, mounts and the folders of the root. */
export function machinePicture(): Record<string, string> {
  const nodes = ['/dev/null', '/dev/zero', '/dev/tty', '/dev/ptmx', '/dev/console', '/etc/hosts'];
  return {
    ...Object.fromEntries(nodes.map((path) => [path, entry(path)])),
    dev: readdirSync('/dev').sort().join(),
    root: readdirSync('/').sort().join(),
    etc: entry('/etc'),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8'),
  };
}

/** A tree with one of everything that an attack could spoil. */
export function makeVictim(folder: string): void {
  mkdirSync(join(folder, 'etc'), { recursive: true });
  mkdirSync(join(folder, 'pts'));
  mkdirSync(join(folder, 'shm'));
  mkdirSync(join(folder, 'work'));
  for (const name of ['null', 'console', 'file', 'etc/hosts', 'etc/passwd', 'etc/resolv.conf']) {
    writeFileSync(join(folder, name), `untouched ${name}\n`);
  }
}
