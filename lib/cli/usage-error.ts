// SPDX-License-Identifier: Apache-2.0

/** A command line that cannot be followed. Shown with the command's usage, exit code 125. */
export class UsageError extends Error {
  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/** A failure that is told in these words alone, with this exit code. */
export class PlainError extends Error {
  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}
