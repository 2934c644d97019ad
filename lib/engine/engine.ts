// SPDX-License-Identifier: Apache-2.0
// An Engine: a root folder, and the supervisor process that holds what runs.

import { asCall, asInteger, asText } from '../check.js';
import { SlipwayError } from '../errors.js';
import { makeFolders } from '../folders.js';
import { randomHex } from '../ids.js';
import type { FileLock, ImageUser } from '../image/engine.js';
import type { ImageWorker } from '../image/worker.js';
import { type MachineFacts, readMachineFacts } from '../spec/machine.js';
import type { LinuxSeccomp } from '../spec/seccomp-types.js';
import { fileLock, imageWorker } from './files.js';
import { Filters } from './filters.js';
import { chooseRoots } from './roots.js';
import { Supervisor } from './supervisor.js';

const DEFAULT_PREPARED = 2;
const MAX_PREPARED = 8;

/** What an {@link Engine} is made with. */
export interface EngineOptions {
  /**
   * The folder of images and containers. Default: SLIPWAY_ROOT, else
   * `/var/lib/slipway` as root and `$XDG_DATA_HOME/slipway` as another user.
   */
  root?: string;
  /**
   * How many starts of each kind are prepared in advance once the first has shown what is
   * wanted, 0 to 8; busy times raise it. 0 prepares nothing, for programs that start one
   * container. Default: 2.
   */
  preparedStarts?: number;
}

/**
 * Holds containers and images below one root folder. Several may live in one
 * process, in worker threads, and in several processes on the same root.
 *
 * Nothing is started or written before the first container or image is asked
 * for. Containers end with their engine, and with the process.
 *
 * @example
 * ```ts
 * await using engine = new Engine({ root: '/tmp/my-engine' });
 * const exit = await (await Container.run({ engine, image: 'host', command: ['true'] })).wait();
 * ```
 */
export class Engine implements AsyncDisposable {
  /** The folder of images and containers. */
  readonly root: string;
  /** The folder of what runs. */
  readonly run: string;
  /** Names what belongs to this engine: folders and cgroups. */
  readonly id = `${process.pid}-${randomHex(6)}`;
  readonly #prepared: number;
  #supervisor: Promise<Supervisor> | undefined;
  #machine: MachineFacts | undefined;
  #closed: Promise<void> | undefined;
  readonly #filters = new Filters(
    (profile) => this.#compile(profile),
    (number) => this.#forget(number),
  );
  readonly #closers = new Set<() => void>();

  constructor(options: EngineOptions = {}) {
    const { root, preparedStarts = DEFAULT_PREPARED } = asCall(options, ['root', 'preparedStarts']);
    this.#prepared = asInteger('preparedStarts', preparedStarts, 0, MAX_PREPARED);
    const chosen = root === undefined ? undefined : asText('root', root, 'the path of a folder');
    const roots = chooseRoots(chosen);
    this.root = roots.root;
    this.run = roots.run;
  }

  /** @internal What this machine can do, read once. */
  get machine(): MachineFacts {
    this.#machine ??= readMachineFacts();
    return this.#machine;
  }

  /** @internal */
  readonly imageWorker: ImageWorker = imageWorker(() => this.supervisor());
  /** @internal */
  readonly fileLock: FileLock = fileLock;
  /** @internal Set by the containers, which know what they were made from. */
  imageUsers: ((imageId: string) => ImageUser | undefined) | undefined;

  /** @internal */
  imageUser(imageId: string): Promise<ImageUser | undefined> {
    return Promise.resolve(this.imageUsers?.(imageId));
  }

  /** @internal Starts the supervisor at the first call. */
  supervisor(): Promise<Supervisor> {
    if (this.#closed !== undefined) {
      return Promise.reject(
        new SlipwayError('the engine was closed', { code: 'ERR_ENGINE_CLOSED' }),
      );
    }
    this.#supervisor ??= this.#launch();
    return this.#supervisor;
  }

  /**
   * @internal Runs `use` with the supervisor's number of a filter, 0 for none, which is good until
   * `use` has settled. Equal profiles are compiled once.
   */
  withFilter<T>(profile: LinuxSeccomp | null, use: (number: number) => Promise<T>): Promise<T> {
    return profile === null ? use(0) : this.#filters.with(profile, use);
  }

  /** @internal Runs before the engine closes. */
  onClose(callback: () => void): () => void {
    this.#closers.add(callback);
    return () => this.#closers.delete(callback);
  }

  /**
   * Kills and removes all containers of this engine and ends its supervisor.
   * Images stay. Idempotent.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** The same as {@link Engine.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #launch(): Promise<Supervisor> {
    try {
      // Only its owner may enter: layers hold set-user-ID programs.
      makeFolders(this.root, 0o700);
      return await Supervisor.launch({
        id: this.id,
        root: this.root,
        run: this.run,
        rootless: this.machine.rootless,
        poolMin: this.#prepared,
        poolMax: this.#prepared === 0 ? 0 : MAX_PREPARED,
      });
    } catch (error) {
      this.#supervisor = undefined;
      throw error;
    }
  }

  async #compile(profile: string): Promise<number> {
    const supervisor = await this.supervisor();
    const answer = await supervisor.request('seccomp', {}, profile);
    return answer.result as number;
  }

  // A supervisor that has ended has forgotten them all.
  #forget(filter: number): void {
    this.supervisor()
      .then((supervisor) => supervisor.request('forget-seccomp', { filter }))
      .catch(() => {});
  }

  async #close(): Promise<void> {
    for (const callback of this.#closers) callback();
    if (this.#supervisor === undefined) return;
    const supervisor = await this.#supervisor.catch(() => undefined);
    await supervisor?.close();
  }
}

let shared: Engine | undefined;

/** The engine of calls that name none. */
export function defaultEngine(): Engine {
  shared ??= new Engine();
  return shared;
}
