// SPDX-License-Identifier: Apache-2.0
// The conversation with the supervisor process: requests with answers, and the
// ends of processes. The protocol is drawn in cpp/supervisor/request.h.
import { fromNative, type NativeFailure, SlipwayError } from '../errors.js';
import { askedFailPoint, failPoint } from '../failpoint.js';
import { loadNative, type Native, type NativeWatcher } from '../native.js';

/** An answer of the supervisor. */
export interface Answer {
  readonly event: string;
  readonly fds: readonly number[];
  readonly [key: string]: unknown;
}

/** The end of a container's first process or of an exec. */
export interface ExitEvent {
  readonly id: string;
  readonly execId?: string;
  readonly exitCode: number;
  readonly signal: number;
  readonly durationUs: number;
  readonly userUs: number;
  readonly systemUs: number;
  readonly maxRssBytes: number;
  readonly usage?: Readonly<Record<string, number>>;
}

/** The end of a process that was killed, where nothing more is known of it. */
export const KILLED = {
  exitCode: 137,
  signal: 9,
  durationUs: 0,
  userUs: 0,
  systemUs: 0,
  maxRssBytes: 0,
} as const;

export interface SupervisorSettings {
  readonly id: string;
  readonly root: string;
  readonly run: string;
  readonly rootless: boolean;
  readonly poolMin: number;
  readonly poolMax: number;
}

// Failures that answer no request. docs/errors.md lists the codes.
const WARNINGS = {
  remove: { code: 'SLIPWAY_NOT_REMOVED', what: 'left over and not removed' },
  serve: { code: 'SLIPWAY_CONTAINER_ENDED', what: 'a container could not be served' },
  prepare: { code: 'SLIPWAY_NOT_PREPARED', what: 'no start could be prepared in advance' },
} as const;

interface Warning {
  readonly about: keyof typeof WARNINGS;
  readonly error: NativeFailure;
}

interface Pending {
  readonly header: Readonly<Record<string, unknown>>;
  resolve(answer: Answer): void;
  reject(error: SlipwayError): void;
}

type Outgoing = readonly [text: string, fds: readonly number[], sent: () => void, req: number];

// What could not be cleaned up afterwards rides along.
function failureIn(answer: Answer): SlipwayError {
  const error = fromNative(answer.error as NativeFailure);
  const cleanup = answer.cleanupError as NativeFailure | undefined;
  if (cleanup !== undefined) Object.assign(error, { cause: fromNative(cleanup) });
  return error;
}

export class Supervisor {
  readonly pid: number;
  readonly #native: Native;
  readonly #socket: number;
  readonly #pidfd: number;
  readonly #reader: NativeWatcher;
  #writer: { fd: number; watcher: NativeWatcher } | undefined;
  readonly #queue: Outgoing[] = [];
  readonly #pending = new Map<number, Pending>();
  readonly #exits = new Map<string, (event: ExitEvent) => void>();
  readonly #warned = new Set<string>();
  #nextRequest = 1;
  #users = 0;
  #gone: SlipwayError | undefined;
  #closing = false;

  private constructor(native: Native, launched: { socket: number; pidfd: number; pid: number }) {
    this.#native = native;
    this.#socket = launched.socket;
    this.#pidfd = launched.pidfd;
    this.pid = launched.pid;
    this.#reader = new native.Watcher(this.#socket, 'read', () => this.#receive(), launched.pidfd);
    this.#reader.start();
    this.#reader.unref();
  }

  static async launch(settings: SupervisorSettings): Promise<Supervisor> {
    const { native, runtime } = loadNative();
    let launched: { socket: number; pidfd: number; pid: number };
    failPoint('engine', 'launch supervisor');
    try {
      launched = await native.launch(runtime);
    } catch (error) {
      throw fromNative(error as NativeFailure);
    }
    const supervisor = new Supervisor(native, launched);
    const hello = new Promise<Answer>((resolve, reject) => {
      supervisor.#pending.set(0, { resolve, reject, header: {} });
    });
    supervisor.#use();
    try {
      failPoint('engine', 'send settings');
      const text = JSON.stringify({ ...settings, failPoint: askedFailPoint('engine') });
      supervisor.#send([text, [], () => {}, 0]);
      await hello;
    } catch (error) {
      await supervisor.close();
      throw error;
    }
    return supervisor;
  }

  /**
   * Sends a request. `fds` are duplicated by the send and stay the caller's.
   *
   * @throws SlipwayError with what failed, from the kernel or ERR_SUPERVISOR_GONE.
   */
  async request(
    op: string,
    header: Record<string, unknown>,
    body = '',
    fds: readonly number[] = [],
    sent: () => void = () => {},
  ): Promise<Answer> {
    if (this.#gone !== undefined) {
      sent();
      throw this.#gone;
    }
    const req = this.#nextRequest++;
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#pending.set(req, { resolve, reject, header });
    });
    this.#use();
    const text = JSON.stringify({ op, req, failPoint: askedFailPoint(op), ...header });
    this.#send([`${text}\n${body}`, fds, sent, req]);
    try {
      return await answer;
    } catch (error) {
      // Captured here, the stack names who asked and not who heard the answer.
      if (error instanceof Error && error !== this.#gone) Error.captureStackTrace(error);
      throw error;
    }
  }

  /** Long work on files by a process of its own; `cancel` kills that. */
  startWork(
    body: string,
    fds: readonly number[],
    sent: () => void,
  ): { answer: Promise<Answer>; cancel(): void } {
    const work = this.#nextRequest;
    const answer = this.request('work', {}, body, fds, sent);
    // A worker that has just ended needs no cancelling.
    const cancel = () => void this.request('cancel-work', { work }).catch(() => {});
    return { answer, cancel };
  }

  /** Calls back once when the process of this id (`container` or `container/exec`) has ended. */
  onExit(key: string, callback: (event: ExitEvent) => void): void {
    this.#exits.set(key, callback);
    this.#use();
  }

  forgetExit(key: string): void {
    if (this.#exits.delete(key)) this.#release();
  }

  /** Ends the supervisor with all that it holds, and waits for its end. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#fail(new SlipwayError('the engine was closed', { code: 'ERR_ENGINE_CLOSED' }));
    this.#reader.close();
    for (const [, , sent] of this.#queue.splice(0)) sent();
    this.#stopWriting();
    this.#native.close(this.#socket);
    await this.#ended();
    this.#native.close(this.#pidfd);
  }

  #ended(): Promise<void> {
    return new Promise((resolve) => {
      const watcher = new this.#native.Watcher(this.#pidfd, 'read', () => {
        if (this.#native.reap(this.#pidfd) === null) return;
        watcher.close();
        resolve();
      });
      watcher.start();
    });
  }

  // A program with a container running or a request open does not just end.
  #use(): void {
    if (this.#users++ === 0) this.#reader.ref();
  }

  #release(): void {
    if (--this.#users === 0) this.#reader.unref();
  }

  #send(message: Outgoing): void {
    if (this.#queue.length > 0 || !this.#trySend(message)) {
      this.#queue.push(message);
      this.#watchWritable();
    }
  }

  // False while the socket is full. A descriptor that cannot be sent fails its request.
  #trySend([text, fds, sent, req]: Outgoing): boolean {
    try {
      if (this.#native.send(this.#socket, text, fds) === 'full') return false;
    } catch (error) {
      this.#settle(req, (pending) => pending.reject(fromNative(error as NativeFailure)));
    }
    sent();
    return true;
  }

  // On a descriptor of its own, since uv_poll takes each once: reading goes on, or
  // both sides would wait for each other.
  #watchWritable(): void {
    if (this.#writer !== undefined) return;
    const fd = this.#native.duplicate(this.#socket);
    const watcher = new this.#native.Watcher(fd, 'write', () => this.#flush());
    this.#writer = { fd, watcher };
    watcher.start();
  }

  #stopWriting(): void {
    this.#writer?.watcher.close();
    if (this.#writer !== undefined) this.#native.close(this.#writer.fd);
    this.#writer = undefined;
  }

  #flush(): void {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (!this.#trySend(next)) return;
      this.#queue.shift();
    }
    this.#stopWriting();
  }

  #settle(req: number, how: (pending: Pending) => void): void {
    const pending = this.#pending.get(req);
    if (pending === undefined) return;
    this.#pending.delete(req);
    how(pending);
    this.#release();
  }

  #receive(): void {
    for (;;) {
      const message = this.#native.receive(this.#socket);
      if (message === null) return;
      if (message === undefined) {
        this.#lost();
        return;
      }
      const answer = { ...JSON.parse(message.data), fds: message.fds } as Answer;
      if (message.failure === undefined) this.#handle(answer);
      else void this.#refuse(answer, fromNative(message.failure));
      if (this.#closing) return;
    }
  }

  #handle(answer: Answer): void {
    if (answer.event === 'exited') this.#exited(answer as unknown as ExitEvent);
    else if (answer.event === 'warning') this.#warn(answer as unknown as Warning);
    else if (answer.event === 'fatal') this.#fail(fromNative(answer.error as NativeFailure));
    else this.#answer(answer);
  }

  // Each once: what cannot be removed is met by every engine that opens.
  #warn({ about, error }: Warning): void {
    const { code, what } = WARNINGS[about];
    const text = `${what}: ${fromNative(error).message}`;
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    process.emitWarning(text, { code });
  }

  #answer(answer: Answer): void {
    this.#settle(answer.event === 'hello' ? 0 : (answer.req as number), (pending) => {
      if (answer.event === 'failed') pending.reject(failureIn(answer));
      else pending.resolve(answer);
    });
  }

  // No descriptors were free for its terminal: it must not run on unseen, and whoever asked
  // hears of it when it is gone.
  async #refuse(answer: Answer, failure: SlipwayError): Promise<void> {
    const { id, execId, dir } = this.#pending.get(answer.req as number)?.header ?? {};
    const key = execId === undefined ? `${id}` : `${id}/${execId}`;
    this.forgetExit(key);
    const ended = new Promise<unknown>((resolve) => {
      this.onExit(key, resolve);
    });
    try {
      // It may have ended by itself, which is told just the same.
      await this.request('kill', { id, execId, signal: 9 }).catch((error: SlipwayError) => {
        if (error.code !== 'ESRCH') throw error;
      });
      await ended;
      const isNew = execId === undefined && dir === undefined;
      if (isNew) await this.request('remove', { id, dir: answer.dir });
    } catch (error) {
      Object.assign(failure, { cause: error });
    }
    this.#settle(answer.req as number, (pending) => pending.reject(failure));
  }

  #exited(event: ExitEvent): void {
    const key = event.execId === undefined ? event.id : `${event.id}/${event.execId}`;
    const callback = this.#exits.get(key);
    this.forgetExit(key);
    callback?.(event);
  }

  #lost(): void {
    this.#reader.stop();
    this.#fail(
      new SlipwayError('the supervisor process ended unexpectedly', {
        code: 'ERR_SUPERVISOR_GONE',
        hint: 'its containers ended with it; open a new Engine to go on',
      }),
    );
  }

  // Everybody who waits hears of it, each exactly once.
  #fail(error: SlipwayError): void {
    this.#gone ??= error;
    const pending = [...this.#pending.values()];
    const exits = [...this.#exits.keys()];
    this.#pending.clear();
    for (const waiting of pending) {
      waiting.reject(this.#gone);
      this.#release();
    }
    for (const key of exits) {
      const id = key.split('/')[0] ?? key;
      this.#exited({
        id,
        ...(key.includes('/') ? { execId: key.slice(id.length + 1) } : {}),
        ...KILLED,
      });
    }
  }
}
