// SPDX-License-Identifier: Apache-2.0

/** A failure that may come, for whoever races against it. */
export class Failure {
  readonly promise: Promise<never>;
  /** The first reason wins. */
  fail: (error: unknown) => void = () => {};

  constructor() {
    this.promise = new Promise<never>((_, reject) => {
      this.fail = reject;
    });
    this.promise.catch(() => undefined); // It is no fault when nobody races.
  }
}
