// SPDX-License-Identifier: Apache-2.0
// Numbers of the filters that the supervisor has compiled. Those used last are kept; the others
// are given back as soon as no request names them. A number never comes to mean another filter.
import type { LinuxSeccomp } from '../spec/seccomp-types.js';

const MOST = 64;

interface Kept {
  readonly text: string;
  readonly number: Promise<number>;
  users: number;
}

export class Filters {
  readonly #compile: (profile: string) => Promise<number>;
  readonly #forget: (number: number) => void;
  // A caller's profile is another object at each start, a built-in one is the same.
  readonly #byProfile = new WeakMap<LinuxSeccomp, Kept>();
  readonly #byText = new Map<string, Kept>();

  constructor(compile: (profile: string) => Promise<number>, forget: (number: number) => void) {
    this.#compile = compile;
    this.#forget = forget;
  }

  /** Runs `use` with the number of a profile's filter, which is good until `use` has settled. */
  async with<T>(profile: LinuxSeccomp, use: (number: number) => Promise<T>): Promise<T> {
    const kept = this.#find(profile);
    kept.users++;
    try {
      return await use(await kept.number);
    } finally {
      kept.users--;
      this.#giveBack(kept);
    }
  }

  #find(profile: LinuxSeccomp): Kept {
    let kept = this.#byProfile.get(profile);
    if (kept === undefined || !this.#isKept(kept)) {
      const text = JSON.stringify(profile);
      kept = this.#byText.get(text) ?? this.#make(text);
      this.#byProfile.set(profile, kept);
    }
    // The one used last is the last to go.
    this.#byText.delete(kept.text);
    this.#byText.set(kept.text, kept);
    const [oldest] = this.#byText.values();
    if (this.#byText.size > MOST && oldest !== undefined) {
      this.#byText.delete(oldest.text);
      this.#giveBack(oldest);
    }
    return kept;
  }

  #make(text: string): Kept {
    const kept = { text, number: this.#compile(text), users: 0 };
    // A failure is not kept: the next start asks again.
    kept.number.catch(() => {
      if (this.#isKept(kept)) this.#byText.delete(text);
    });
    return kept;
  }

  #isKept(kept: Kept): boolean {
    return this.#byText.get(kept.text) === kept;
  }

  #giveBack(kept: Kept): void {
    if (kept.users > 0 || this.#isKept(kept)) return;
    // What could not be compiled has no number.
    kept.number.then(this.#forget, () => {});
  }
}
