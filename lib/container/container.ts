// SPDX-License-Identifier: Apache-2.0
// Containers as callers see them; each verb's work is in the file of its name.
import { onAbort, readAbortSignal } from '../abort.js';
import { asBoolean, asCall, isPlainObject, refuse } from '../check.js';
import type { Engine } from '../engine/engine.js';
import { parseSignal, type Signal } from '../signals.js';
import type { Input } from '../stream/input.js';
import type { Output } from '../stream/output.js';
import { canceledError } from './cancel.js';
import { engineOf, prepareContainer } from './create.js';
import { Exec } from './exec.js';
import {
  type ExecCall,
  type ExecExtras,
  type ExecOf,
  type ExecStreams,
  readExecCall,
} from './exec-call.js';
import type { ExitReport } from './exit.js';
import { type ContainerInfo, inspectContainer } from './inspect.js';
import type { ContainerStatus, Internals } from './internals.js';
import { readStopTimeoutMs } from './options/lifecycle.js';
import { readTerminalSide } from './options/stdio.js';
import type { ContainerOptions, StdioOption } from './options.js';
import { findContainer, listContainers, register, unregister } from './registry.js';
import { type RemoveOptions, removeContainer } from './remove.js';
import { freeze, refuseStopped, sendSignal, stopContainer, thaw } from './signal.js';
import { startContainer } from './start.js';
import { refuseNoTerminal, resizeTerminal } from './stdio.js';
import { parseTemplate, type TemplateValue } from './template.js';

/** What {@link Container.stop} takes. */
export interface StopOptions {
  /** The signal to send first. Default: `stopSignal` of the container. */
  signal?: Signal;
  /** Milliseconds until SIGKILL; -1 waits for ever. Default: `stopTimeout` of the container. */
  timeoutMs?: number;
}

/**
 * A container: processes with their own file system, namespaces and limits.
 *
 * It ends with the program that made it, however that ends.
 *
 * @example
 * ```ts
 * await using box = await Container.run({ image: 'host', command: ['sh', '-c', 'echo hi'] });
 * for await (const line of box.stdout.lines()) console.log(line);
 * const { exitCode } = await box.wait();
 * ```
 */
export class Container implements AsyncDisposable {
  readonly #self: Internals;

  private constructor(self: Internals) {
    this.#self = self;
  }

  /**
   * Makes a container without starting it. Docker: `docker create`.
   *
   * @throws InvalidArgumentError for a wrong option, before anything is made.
   */
  static async create(options: ContainerOptions): Promise<Container> {
    const self = await prepareContainer(options);
    const container = new Container(self);
    register(self.engine, container, self.image.id);
    return container;
  }

  /**
   * Makes a container and starts it; resolves once its program runs. Docker: `docker run -d`.
   *
   * @throws SlipwayError with the failing step; nothing is left then. A missing command is
   * `ERR_COMMAND_NOT_FOUND`, one that cannot be executed `ERR_COMMAND_NOT_EXECUTABLE`.
   */
  static async run(options: ContainerOptions): Promise<Container> {
    const container = await Container.create(options);
    try {
      await container.start();
    } catch (error) {
      unregister(container.#self.engine, container.id);
      throw error;
    }
    return container;
  }

  /**
   * A container of this program by id, name or the beginning of an id.
   *
   * @throws NotFoundError where there is none, or several.
   */
  static get(idOrName: string, options: { engine?: Engine } = {}): Promise<Container> {
    return Promise.resolve().then(() => {
      const { engine } = asCall(options, ['engine']);
      if (typeof idOrName !== 'string') refuse('container', idOrName, 'an id or a name');
      return findContainer(engineOf(engine), idOrName);
    });
  }

  /** The containers of this program, oldest first. Docker: `docker ps`; with `all`, `-a`. */
  static list(options: { all?: boolean; engine?: Engine } = {}): Promise<Container[]> {
    return Promise.resolve().then(() => {
      const { all, engine } = asCall(options, ['all', 'engine']);
      const every = asBoolean('all', all);
      return listContainers(engineOf(engine)).filter((container) => every || container.running);
    });
  }

  /** 64 hexadecimal digits. */
  get id(): string {
    return this.#self.id;
  }

  /** The name it was given, or an empty text. */
  get name(): string {
    return this.#self.name;
  }

  /** Where it is in its life. */
  get status(): ContainerStatus {
    return this.#self.status;
  }

  /** Whether its first process is there, paused or not. */
  get running(): boolean {
    return this.#self.status === 'running' || this.#self.status === 'paused';
  }

  /** Process id of its first process as this machine sees it; 0 unless it runs. */
  get pid(): number {
    return this.#self.pid;
  }

  /**
   * Standard input, or the keyboard of its terminal.
   *
   * @throws SlipwayError unless `stdin` is `'pipe'` or `tty` is set, and it was started.
   */
  get stdin(): Input {
    return present(this.#self.stdin, 'stdin');
  }

  /** Standard output, or all output of its terminal. Throws as {@link Container.stdin} does. */
  get stdout(): Output {
    return present(this.#self.stdout, 'stdout');
  }

  /** Standard error. Throws as {@link Container.stdin} does. */
  get stderr(): Output {
    return present(this.#self.stderr, 'stderr');
  }

  /** Microseconds of each step of the last start, by name, and `total`. */
  get timings(): Readonly<Record<string, number>> {
    return this.#self.timings;
  }

  /** Starts it, again if it has exited; resolves once its program runs. Docker: `docker start`. */
  async start(): Promise<void> {
    await startContainer(this.#self);
  }

  /**
   * Waits for the end of the run; at once when it has ended. Output that nobody reads is kept
   * meanwhile, up to `maxBuffer` for each stream. Docker: `docker wait`.
   *
   * @throws CanceledError when its AbortSignal or time limit ended it.
   */
  async wait(options: { signal?: AbortSignal } = {}): Promise<ExitReport> {
    const self = this.#self;
    const signal = readAbortSignal(asCall(options, ['signal']).signal);
    if (self.starting !== undefined) await self.starting;
    if (self.exit === undefined) refuseStopped(self);
    const { maxBufferBytes } = self.options;
    if (self.report === undefined) {
      self.stdout?.readAhead(maxBufferBytes);
      self.stderr?.readAhead(maxBufferBytes);
    }
    const report = await unlessAborted(self.exit as Promise<ExitReport>, signal);
    if (self.canceled !== undefined) throw canceledError('container', self.canceled.reason);
    return report;
  }

  /** Sends a signal to its first process, SIGKILL unless another is named. Docker: `docker kill`. */
  async kill(signal: Signal = 'SIGKILL'): Promise<void> {
    await sendSignal(this.#self, parseSignal('signal', signal));
  }

  /**
   * Sends the stop signal, then SIGKILL when the time is over, and waits for the end. Does
   * nothing when it has ended. Docker: `docker stop`.
   */
  async stop(options: StopOptions = {}): Promise<void> {
    const { extras } = this.#self.built;
    const { signal, timeoutMs } = asCall(options, ['signal', 'timeoutMs']);
    await stopContainer(
      this.#self,
      signal === undefined ? extras.stopSignal : parseSignal('signal', signal),
      timeoutMs === undefined ? extras.stopTimeoutMs : readStopTimeoutMs(timeoutMs),
    );
  }

  /** Freezes all its processes. Docker: `docker pause`. */
  async pause(): Promise<void> {
    await freeze(this.#self);
  }

  /** Lets a paused container go on. Docker: `docker unpause`. */
  async resume(): Promise<void> {
    await thaw(this.#self);
  }

  /** Removes it with its files. Idempotent. Docker: `docker rm`. */
  async remove(options: RemoveOptions = {}): Promise<void> {
    const { force } = asCall(options, ['force']);
    await removeContainer(this.#self, { force: asBoolean('force', force) });
  }

  /** Sets the size of its terminal, in characters. */
  resize(rows: number, columns: number): void {
    refuseStopped(this.#self);
    if (!this.#self.options.tty) refuseNoTerminal();
    const size = [readTerminalSide('rows', rows), readTerminalSide('columns', columns)] as const;
    resizeTerminal(this.#self, ...size);
  }

  /**
   * Starts a further process in the container. Await the result, or use its streams meanwhile.
   * Docker: `docker exec`.
   *
   * @example
   * ```ts
   * const { stdout } = await box.exec`ls -l ${dir}`; // each value is one word, never a shell
   * const { exitCode } = await box.exec(['test', '-f', '/etc/passwd']);
   * ```
   */
  exec(
    command: TemplateStringsArray,
    ...values: readonly TemplateValue[]
  ): ExecOf<'pipe', 'pipe', false>;
  exec<
    Out extends StdioOption = 'pipe',
    Err extends StdioOption = 'pipe',
    Tty extends boolean = false,
  >(
    command: readonly string[],
    options?: Omit<ExecCall, 'command'> & ExecStreams<Out, Err, Tty>,
  ): ExecOf<Out, Err, Tty>;
  exec<
    Out extends StdioOption = 'pipe',
    Err extends StdioOption = 'pipe',
    Tty extends boolean = false,
  >(options: ExecCall & ExecStreams<Out, Err, Tty>): ExecOf<Out, Err, Tty>;
  exec(first: TemplateStringsArray | readonly string[] | ExecCall, ...rest: unknown[]): Exec {
    if (Array.isArray(first) && 'raw' in first) {
      const words = parseTemplate(
        first as unknown as TemplateStringsArray,
        rest as TemplateValue[],
      );
      return this.#exec({ command: words });
    }
    if (Array.isArray(first)) {
      if (!isPlainObject(rest[0] ?? {})) refuse('options', rest[0], 'an object');
      return this.#exec({ ...(rest[0] as ExecExtras), command: first as readonly string[] });
    }
    if (!isPlainObject(first)) {
      refuse('command', first, "a list of texts such as ['ls', '-l'], a template or an object");
    }
    return this.#exec(first as unknown as ExecCall);
  }

  /** All that is known of it. Docker: `docker inspect`. */
  inspect(): Promise<ContainerInfo> {
    return Promise.resolve(inspectContainer(this.#self));
  }

  /** Kills and removes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove({ force: true });
  }

  #exec(call: ExecCall): Exec {
    const { options, input } = readExecCall(call);
    return new Exec(this.#self, options, input);
  }
}

function present<T>(value: T | null, name: string): T {
  if (value !== null) return value;
  const hint = `${name} is there once the container was started with ${name}: 'pipe' or tty: true`;
  throw new TypeError(`the container has no ${name} (hint: ${hint})`);
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  if (signal.aborted) throw canceledError('wait', signal.reason);
  let forget = () => {};
  const aborted = new Promise<never>((_, reject) => {
    forget = onAbort(signal, () => reject(canceledError('wait', signal.reason)));
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    forget();
  }
}
