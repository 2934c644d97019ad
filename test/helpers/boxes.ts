// SPDX-License-Identifier: Apache-2.0
// An engine on a fresh folder for the tests of one `describe`, with an image,
// and short words for what most of them do.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before } from 'mocha';
import {
  Container,
  type ContainerOptions,
  Engine,
  type ExitReport,
  type Image,
} from '../../lib/index.js';
import { importBusybox } from './busybox.js';

/** What a container wrote, and how it ended. */
export interface Outcome extends ExitReport {
  stdout: string;
  stderr: string;
}

export class Boxes {
  engine!: Engine;
  image!: Image;

  /** Starts a container, which sleeps unless it is given a command. */
  run(options: Partial<ContainerOptions> = {}): Promise<Container> {
    const { engine, image } = this;
    return Container.run({ engine, image, command: ['sleep', '600'], ...options });
  }

  create(options: Partial<ContainerOptions> = {}): Promise<Container> {
    const { engine, image } = this;
    return Container.create({ engine, image, command: ['sleep', '600'], ...options });
  }

  /** Runs a shell script in a container of its own and removes that. */
  async sh(script: string, options: Partial<ContainerOptions> = {}): Promise<Outcome> {
    await using box = await this.run({ command: ['sh', '-c', script], ...options });
    const [stdout, stderr, report] = await Promise.all([
      box.stdout.text(),
      options.tty ? '' : box.stderr.text(),
      box.wait(),
    ]);
    return { stdout, stderr, ...report };
  }

  /** The same for a script that must succeed: its output without the last line end. */
  async text(script: string, options: Partial<ContainerOptions> = {}): Promise<string> {
    const { stdout, stderr, exitCode } = await this.sh(script, options);
    assert.equal(exitCode, 0, `exit code ${exitCode} of: ${script}\n${stdout}${stderr}`);
    return stdout.replace(/\r?\n$/, '');
  }
}

/** A new folder for an engine; `remove` it when its engine is closed. */
export function freshRoot(): string {
  return mkdtempSync(join(tmpdir(), 'slipway-test-'));
}

/** Whether a file of this name is below the folders of the engine's containers. */
export function isWritten(engine: Engine, name: string): boolean {
  const below = (folder: string): boolean =>
    ifThere(folder)
      .filter((entry) => !/^work\d*$/.test(entry)) // closed, even to its owner
      .some((entry) => below(join(folder, entry)) || `${folder}/${entry}`.endsWith(`/${name}`));
  return below(join(engine.root, 'scope'));
}

/** Names of the container folders and supervisor folders below an engine's root. */
export function leftFolders(root: string): string[] {
  return ['scope', 'run'].flatMap((part) => {
    const folder = join(root, part);
    return ifThere(folder).map((name) => `${part}/${name}`);
  });
}

function ifThere(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}

/**
 * Opens an engine before the tests of the enclosing `describe` and closes it
 * after them; each test's containers are removed at its end.
 */
export function useBoxes(): Boxes {
  const boxes = new Boxes();
  before(async () => {
    boxes.engine = new Engine({ root: freshRoot() });
    boxes.image = await importBusybox(boxes.engine);
  });
  afterEach(async () => {
    if (boxes.engine === undefined) return;
    const left = await Container.list({ all: true, engine: boxes.engine });
    await Promise.all(left.map((box) => box.remove({ force: true })));
  });
  after(async () => {
    if (boxes.engine === undefined) return;
    await boxes.engine.close();
    assert.deepEqual(leftFolders(boxes.engine.root), []);
    rmSync(boxes.engine.root, { recursive: true });
  });
  return boxes;
}
