// SPDX-License-Identifier: Apache-2.0
// Signals that this command receives while its container runs.
import type { Container } from '../../index.js';
import { Failure } from './failure.js';

// Not those of job control, which stop and continue this command alone.
const FORWARDED: readonly NodeJS.Signals[] = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGTERM',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGIO',
  'SIGPWR',
];
const ENDING: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'];

export class SignalProxy {
  readonly #handlers = new Map<NodeJS.Signals, () => void>();
  readonly #waiting: NodeJS.Signals[] = [];
  readonly #forward: boolean;
  readonly #failure = new Failure();
  #box: Container | undefined;
  #stopping = false;

  /** Handles signals from now on; they wait until there is a container. */
  constructor(forward: boolean) {
    this.#forward = forward;
    for (const name of forward ? FORWARDED : ENDING) {
      const handler = () => this.#receive(name);
      this.#handlers.set(name, handler);
      process.on(name, handler);
    }
  }

  /** Rejects when a signal could not be handed on. */
  get failure(): Promise<never> {
    return this.#failure.promise;
  }

  started(box: Container): void {
    this.#box = box;
    for (const name of this.#waiting.splice(0)) this.#receive(name);
  }

  close(): void {
    for (const [name, handler] of this.#handlers) process.off(name, handler);
  }

  #receive(name: NodeJS.Signals): void {
    if (this.#box === undefined) {
      this.#waiting.push(name);
    } else {
      this.#deliver(this.#box, name).catch(this.#failure.fail);
    }
  }

  async #deliver(box: Container, name: NodeJS.Signals): Promise<void> {
    try {
      if (this.#forward) return await box.kill(name);
      // Whoever signals again will not wait.
      const again = this.#stopping;
      this.#stopping = true;
      await (again ? box.kill() : box.stop());
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== 'ESRCH' && code !== 'ERR_STATE_CONFLICT') throw error; // It has just ended.
    }
  }
}
