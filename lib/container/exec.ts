// SPDX-License-Identifier: Apache-2.0
// Further processes in a running container, with results shaped like execa's.
import { onAbort } from '../abort.js';
import { type ExitEvent, KILLED, type Supervisor } from '../engine/supervisor.js';
import { SlipwayError } from '../errors.js';
import { randomHex } from '../ids.js';
import { parseSignal, type Signal } from '../signals.js';
import { buildExecProcess } from '../spec/exec-process.js';
import { mayTrace } from '../spec/security.js';
import { stringifyProcess } from '../spec/stringify.js';
import { Collected } from '../stream/collected.js';
import type { Input } from '../stream/input.js';
import type { Output } from '../stream/output.js';
import { canceledError } from './cancel.js';
import { signalName } from './exit.js';
import type { Internals } from './internals.js';
import type { NormalisedExec } from './options.js';
import { refusePaused, refuseStopped } from './signal.js';
import {
  type OpenStdio,
  openStdio,
  openTerminal,
  refuseNoTerminal,
  resizeTerminal,
} from './stdio.js';

// Of a process that was killed before it ran its program.
const KILLED_AT_START = 'ECHILD';

/** What awaiting an {@link Exec} gives; a code other than 0 does not throw. */
export interface ExecResult<
  Stdout extends string | undefined = string | undefined,
  Stderr extends string | undefined = string | undefined,
> {
  /** The words of the command, for messages. */
  readonly command: string;
  /** All of standard output as text, without one line end at its end; undefined where it was no pipe. */
  readonly stdout: Stdout;
  /** The same of standard error. */
  readonly stderr: Stderr;
  /** The exit code; 128 + signal when a signal ended the process. */
  readonly exitCode: number;
  /** The signal that ended it, or null. */
  readonly signal: NodeJS.Signals | null;
  /** Whether it ended with anything but exit code 0. */
  readonly failed: boolean;
  /** Whether `timeoutMs` ended it. */
  readonly timedOut: boolean;
  /** From the request to the end, milliseconds. */
  readonly durationMs: number;
  /** Processor time of the process and those it waited for, milliseconds. */
  readonly cpuUserMs: number;
  readonly cpuSystemMs: number;
}

/**
 * A process in a container, started by {@link Container.exec}. Await it for its
 * {@link ExecResult}; meanwhile its streams are at hand.
 *
 * The result has all output, up to `maxBuffer`, whatever is done with the streams: one that is
 * paused, read slowly or decoded is read on beneath, and keeps what its reader has not taken.
 *
 * @example
 * ```ts
 * const cat = box.exec(['cat'], { stdin: 'pipe' });
 * cat.stdin?.end('hello');
 * console.log((await cat).stdout);
 * ```
 */
export class Exec<
  Stdout extends string | undefined = string | undefined,
  Stderr extends string | undefined = string | undefined,
> implements Promise<ExecResult<Stdout, Stderr>>
{
  /** @internal */
  readonly [Symbol.toStringTag] = 'Exec';
  /**
   * Resolves once the program runs, or its time is over; with `tty`, the streams are there from
   * then on.
   */
  readonly started: Promise<void>;
  /** Standard input; null unless a pipe or terminal. */
  stdin: Input | null = null;
  /** Standard output; null unless a pipe or terminal. */
  stdout: Output | null = null;
  /** Standard error; null unless a pipe. */
  stderr: Output | null = null;
  /** Process id as this machine sees it; 0 before it started. */
  pid = 0;

  readonly #self: Internals;
  readonly #options: NormalisedExec;
  readonly #id = randomHex(8);
  readonly #result: Promise<ExecResult<Stdout, Stderr>>;
  #supervisor: Supervisor | undefined; // once it was asked
  #canceled: { reason: unknown } | undefined;
  #timedOut = false;
  #overflow: SlipwayError | undefined;
  readonly #collected: { stdout?: Collected; stderr?: Collected } = {};

  /** @internal */
  constructor(self: Internals, options: NormalisedExec, input?: string | Uint8Array) {
    this.#self = self;
    this.#options = options;
    const began = process.hrtime.bigint();
    let onExit: (event: ExitEvent) => void = () => {};
    const exit = new Promise<ExitEvent>((resolve) => {
      onExit = resolve;
    });
    this.started = this.#start(onExit, input);
    this.#result = this.started.then(async () => this.#finish(await exit, began));
    // Failures are told to whoever awaits; nobody need await both.
    this.started.catch(() => {});
    this.#result.catch(() => {});
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting it is the point, as with execa
  then<A = ExecResult<Stdout, Stderr>, B = never>(
    onResult?: ((result: ExecResult<Stdout, Stderr>) => A | PromiseLike<A>) | null,
    // biome-ignore lint/suspicious/noExplicitAny: as a promise has it
    onError?: ((error: any) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#result.then(onResult, onError);
  }

  /** As of a promise of the result. */
  catch<B = never>(
    // biome-ignore lint/suspicious/noExplicitAny: as a promise has it
    onError: (error: any) => B | PromiseLike<B>,
  ): Promise<ExecResult<Stdout, Stderr> | B> {
    return this.#result.catch(onError);
  }

  /** As of a promise of the result. */
  finally(onEnd: () => void): Promise<ExecResult<Stdout, Stderr>> {
    return this.#result.finally(onEnd);
  }

  /** Sends a signal, SIGTERM unless another is named. */
  async kill(signal: Signal = 'SIGTERM'): Promise<void> {
    const number = parseSignal('signal', signal);
    await this.started;
    const supervisor = await this.#self.engine.supervisor();
    await supervisor.request('kill', { id: this.#self.id, execId: this.#id, signal: number });
  }

  /** Sets the size of its terminal, in characters. */
  resize(rows: number, columns: number): void {
    if (!this.#options.tty) refuseNoTerminal();
    resizeTerminal(this, rows, columns);
  }

  async #start(onExit: (event: ExitEvent) => void, input?: string | Uint8Array): Promise<void> {
    const { engine, built, id } = this.#self;
    refuseStopped(this.#self);
    refusePaused(this.#self, 'exec');
    if (this.#options.signal?.aborted) throw canceledError('exec', this.#options.signal.reason);
    const stdio = openStdio(this.#options, built.spec.linux);
    this.#adopt(stdio);
    this.#limit();
    try {
      const supervisor = await engine.supervisor();
      const exec = buildExecProcess({ options: this.#options, ...built, machine: engine.machine });
      await engine.withFilter(exec.seccomp, (filter) => {
        if (this.#canceled !== undefined) throw canceledError('exec', this.#canceled.reason);
        const extras = {
          user: exec.user,
          groupAdd: exec.groupAdd,
          rootOnlyCapabilities: exec.rootOnlyCapabilities,
          ownPipes: stdio.ownPipes,
          failPoint: process.env.SLIPWAY_FAIL_EXEC_STEP,
          filter,
        };
        const body = `${JSON.stringify(extras).slice(0, -1)},"process":${stringifyProcess(exec.process)}}`;
        const header = { id, execId: this.#id, filter, mayTrace: mayTrace(exec.process) };
        return this.#request(supervisor, header, body, stdio, onExit);
      });
      if (input !== undefined) {
        // A process need not read all it is given.
        this.stdin?.on('error', () => {});
        this.stdin?.end(input);
      }
    } catch (error) {
      this.#unlimit();
      stdio.abandon();
      throw error;
    }
  }

  async #request(
    supervisor: Supervisor,
    header: { readonly id: string; readonly [key: string]: unknown },
    body: string,
    stdio: OpenStdio,
    onExit: (event: ExitEvent) => void,
  ): Promise<void> {
    const key = `${header.id}/${this.#id}`;
    supervisor.onExit(key, onExit);
    try {
      const started = supervisor.request('exec', header, body, stdio.fds, stdio.sent);
      this.#supervisor = supervisor;
      if (this.#timedOut) this.#killNow();
      const answer = await started;
      this.pid = answer.pid as number;
      if (this.#options.tty) {
        this.#adopt(openTerminal(answer.fds));
      }
    } catch (error) {
      supervisor.forgetExit(key);
      if ((error as SlipwayError).code !== KILLED_AT_START) throw error;
      if (this.#canceled !== undefined) throw canceledError('exec', this.#canceled.reason);
      if (!this.#timedOut) throw error;
      onExit({ id: header.id, ...KILLED });
    }
  }

  #adopt(streams: { stdin: Input | null; stdout: Output | null; stderr?: Output | null }): void {
    this.stdin = streams.stdin;
    this.stdout = streams.stdout;
    this.stderr = streams.stderr ?? null;
    this.#collect('stdout', this.stdout);
    this.#collect('stderr', this.stderr);
  }

  #collect(name: 'stdout' | 'stderr', stream: Output | null): void {
    if (stream === null) return;
    const overflowed = () => this.#overflowed(name);
    this.#collected[name] = new Collected(stream, this.#options.maxBufferBytes, overflowed);
  }

  #overflowed(name: string): void {
    if (this.#overflow !== undefined) return;
    const limit = this.#options.maxBufferBytes;
    this.#overflow = new SlipwayError(`${name} of the exec is larger than ${limit} bytes`, {
      code: 'ERR_MAX_BUFFER',
      hint: 'raise maxBuffer',
    });
    this.#killNow();
  }

  #limit(): void {
    const { signal, timeoutMs } = this.#options;
    const abort = () => {
      this.#canceled ??= { reason: signal?.reason };
      this.#killNow();
    };
    const forget = signal === undefined ? undefined : onAbort(signal, abort);
    const expire = () => {
      this.#timedOut = true;
      this.#killNow();
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs);
    this.#unlimit = () => {
      clearTimeout(timer);
      forget?.();
    };
  }
  #unlimit = () => {};

  // Also before its start is known: a container may hold it there for ever. It may
  // have ended at the same moment; its end is then told as it was.
  #killNow(): void {
    this.#supervisor
      ?.request('kill', { id: this.#self.id, execId: this.#id, signal: 9 })
      .catch(() => {});
  }

  async #finish(event: ExitEvent, began: bigint): Promise<ExecResult<Stdout, Stderr>> {
    this.#unlimit();
    this.stdin?.destroy();
    const { stdout, stderr } = this.#collected;
    await Promise.all([stdout?.end(), stderr?.end()]);
    if (this.#canceled !== undefined) throw canceledError('exec', this.#canceled.reason);
    if (this.#overflow !== undefined) throw this.#overflow;
    return {
      command: this.#options.command.join(' '),
      // A terminal is there once the process has started.
      stdout: (stdout?.text() ?? (this.#options.tty ? '' : undefined)) as Stdout,
      stderr: stderr?.text() as Stderr,
      exitCode: event.exitCode,
      signal: signalName(event.signal),
      failed: event.exitCode !== 0,
      timedOut: this.#timedOut,
      durationMs: Number(process.hrtime.bigint() - began) / 1e6,
      cpuUserMs: event.userUs / 1000,
      cpuSystemMs: event.systemUs / 1000,
    };
  }
}
