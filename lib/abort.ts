// SPDX-License-Identifier: Apache-2.0
// What is to be done when an AbortSignal is aborted, by one listener for each
// signal: Node warns of more than ten, as if they leaked.

import { refuse } from './check.js';

const listeners = new WeakMap<AbortSignal, Listener>();

/** Calls `act` once `signal` is aborted, not where it already is. Returns what takes that back. */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  const listener = listeners.get(signal) ?? new Listener(signal);
  return listener.add(act);
}

export function readAbortSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  return refuse('signal', value, 'an AbortSignal');
}

class Listener {
  readonly #signal: AbortSignal;
  readonly #acts = new Set<() => void>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    listeners.set(signal, this);
    signal.addEventListener('abort', this.#tell);
  }

  add(act: () => void): () => void {
    // Whoever hands in one function twice means two.
    const entry = () => act();
    this.#acts.add(entry);
    return () => {
      if (this.#acts.delete(entry) && this.#acts.size === 0) this.#end();
    };
  }

  readonly #tell = () => {
    this.#end();
    for (const act of this.#acts) act();
  };

  // A signal that is listened to is kept in memory.
  #end(): void {
    if (listeners.get(this.#signal) === this) listeners.delete(this.#signal);
    this.#signal.removeEventListener('abort', this.#tell);
  }
}
