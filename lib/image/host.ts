// SPDX-License-Identifier: Apache-2.0
// The embedded image. Its programs are this machine's own, read in place below
// overlays; all else of its root is a small folder made once:
//   <root>/host-<boot>-<state>/
// Its name says which boot and which state of this machine it was made from, and
// it gets that name when it is whole. Nothing of it is synced: after a loss of
// power there is another boot, and another folder.

import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { access, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { lazyCrypto, lazyTimersPromises } from '../builtin.js';
import { fromSystem } from '../errors.js';
import { makeFolders } from '../folders.js';
import { randomHex } from '../ids.js';
import { type Digest, digestOf, type OciImage, platform } from './config.js';
import { hasCode } from './files.js';
import { allowedPaths, type EtcEntry, etcEntries, statOf } from './host-etc.js';
import type { Image } from './image.js';

/** Counts up whenever the folder of the same machine is to look different. */
const FORM = 1;

const TREES = ['usr', 'opt', 'bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'] as const;

const FOLDERS: readonly [path: string, mode: number][] = [
  ['dev', 0o755],
  ['etc', 0o755],
  ['home', 0o755],
  ['media', 0o755],
  ['mnt', 0o755],
  ['proc', 0o555],
  ['root', 0o700],
  ['run', 0o755],
  ['run/lock', 0o1777],
  ['srv', 0o755],
  ['sys', 0o555],
  ['tmp', 0o1777],
  ['var', 0o755],
  ['var/cache', 0o755],
  ['var/lib', 0o755],
  ['var/log', 0o755],
  ['var/spool', 0o755],
  ['var/tmp', 0o1777],
];

const LINKS: readonly [path: string, target: string][] = [
  ['var/lock', '../run/lock'],
  ['var/run', '../run'],
];

const CONFIG = {
  Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  Cmd: ['sh'],
};

// A process that died while it made a folder made no progress since.
const ABANDONED_MS = 60 * 60 * 1000;
const ENTRIES_A_TURN = 64;

interface HostParts {
  readonly id: Digest;
  readonly document: OciImage;
  readonly tags: readonly string[];
  readonly size: number;
  readonly layers: {
    readonly lower: readonly string[];
    readonly overlays: readonly { readonly target: string; readonly lower: readonly string[] }[];
  };
}

export class HostImages {
  /** The finished image, kept here by who made it of {@link load}. */
  image: Image | undefined;
  readonly #root: string;
  readonly #machine: string;
  #loading: Promise<HostParts> | undefined;

  /** `machine` is the folder that holds this machine's files. */
  constructor(root: string, machine = '/') {
    this.#root = root;
    this.#machine = machine;
  }

  async load(): Promise<HostParts> {
    this.#loading ??= this.#load();
    try {
      return await this.#loading;
    } catch (error) {
      this.#loading = undefined;
      throw fromSystem(error, 'make host image');
    }
  }

  async #load(): Promise<HostParts> {
    const state = stateOf(this.#machine);
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
    const folder = join(this.#root, `host-${boot}-${state.slice(0, 32)}`);
    if (!(await exists(folder))) await this.#make(folder, boot);
    const document: OciImage = {
      ...platform(),
      config: CONFIG,
      rootfs: { type: 'layers', diff_ids: [`sha256:${state}`] },
    };
    const overlays = TREES.filter((name) => statOf(join(this.#machine, name))?.isDirectory());
    return {
      id: digestOf(JSON.stringify(document)),
      document,
      tags: ['host'],
      size: 0,
      layers: {
        lower: [folder],
        overlays: overlays.map((name) => ({
          target: `/${name}`,
          lower: [join(this.#machine, name)],
        })),
      },
    };
  }

  async #make(folder: string, boot: string): Promise<void> {
    makeFolders(this.#root, 0o700);
    await this.#sweep(boot);
    const tmp = join(this.#root, `host-${boot}-tmp-${randomHex(6)}`);
    try {
      makeTree(tmp, this.#machine);
      await fillEtc(join(tmp, 'etc'), join(this.#machine, 'etc'));
      await renameUnlessThere(tmp, folder);
    } finally {
      await rm(tmp, { recursive: true, force: true });
    }
  }

  // No container outlives the boot it was started in, so nobody uses the folders
  // of other boots.
  async #sweep(boot: string): Promise<void> {
    for (const name of await readdir(this.#root)) {
      if (!/^host-[0-9a-f]{8}-/.test(name)) continue;
      const path = join(this.#root, name);
      const old = name.startsWith(`host-${boot}-`)
        ? name.startsWith(`host-${boot}-tmp-`) && (await isAbandoned(path))
        : true;
      if (old) await rm(path, { recursive: true, force: true });
    }
  }
}

// Of folders only their own times count: files in them are replaced, by who
// changes them, and not written in place.
function stateOf(machine: string): string {
  const hash = lazyCrypto().createHash('sha256').update(`${FORM}`);
  for (const name of TREES) hash.update(`\n${name} ${shapeOf(join(machine, name))}`);
  const etc = join(machine, 'etc');
  for (const path of [...allowedPaths(etc), 'passwd', 'group']) addState(hash, join(etc, path));
  return hash.digest('hex');
}

function shapeOf(path: string): string {
  const status = statOf(path);
  if (status?.isSymbolicLink()) return `-> ${readlinkSync(path)}`;
  return status?.isDirectory() ? 'folder' : 'none';
}

function addState(hash: { update(text: string): unknown }, path: string): void {
  const status = statOf(path);
  if (status === undefined) return;
  const { mode, size, mtimeMs, ctimeMs, ino } = status;
  hash.update(`\n${path} ${mode} ${size} ${mtimeMs} ${ctimeMs} ${ino}`);
  // Two links are its own and its parent's: no folder is in it. File systems
  // that do not count say one.
  if (!status.isDirectory() || status.nlink === 2) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) addState(hash, join(path, entry.name));
  }
}

// A mode given to mkdir(2) loses the bits of the umask.
function makeTree(tmp: string, machine: string): void {
  makeFolder(tmp, 0o755);
  for (const [path, mode] of FOLDERS) makeFolder(join(tmp, path), mode);
  for (const [path, target] of LINKS) symlinkSync(target, join(tmp, path));
  for (const name of TREES) {
    const status = statOf(join(machine, name));
    if (status?.isDirectory()) makeFolder(join(tmp, name), 0o755);
    if (status?.isSymbolicLink()) symlinkSync(readlinkSync(join(machine, name)), join(tmp, name));
  }
}

function makeFolder(path: string, mode: number): void {
  mkdirSync(path);
  chmodSync(path, mode);
}

// Small calls one after the other take less time than as many promises; the
// pauses let others run.
async function fillEtc(to: string, from: string): Promise<void> {
  let count = 0;
  for (const entry of etcEntries(from)) {
    write(to, entry);
    if (++count % ENTRIES_A_TURN === 0) await lazyTimersPromises().setImmediate();
  }
}

function write(to: string, entry: EtcEntry): void {
  const path = join(to, entry.path);
  if (entry.kind === 'folder') makeFolder(path, 0o755);
  else if (entry.kind === 'link') symlinkSync(entry.target, path);
  else {
    writeFileSync(path, entry.content, { flag: 'wx' });
    chmodSync(path, entry.mode);
  }
}

// Another process may have been first; the two folders are the same.
async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, 'ENOENT')) return false;
      throw error;
    },
  );
}

async function isAbandoned(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  return status !== undefined && Date.now() - status.mtimeMs > ABANDONED_MS;
}
