// SPDX-License-Identifier: Apache-2.0
// Parts of Node that take milliseconds to load, loaded at their first use: an
// import of the package must not pay for them.

export function lazyCrypto(): typeof import('node:crypto') {
  return process.getBuiltinModule('node:crypto');
}

export function lazyZlib(): typeof import('node:zlib') {
  return process.getBuiltinModule('node:zlib');
}
