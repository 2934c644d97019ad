// SPDX-License-Identifier: Apache-2.0
// Parts of Node that take milliseconds to load, loaded at their first use: an
// import of the package must not pay for them.

export function lazyCrypto(): typeof import('node:crypto') {
  return process.getBuiltinModule('node:crypto');
}

export function lazyModule(): typeof import('node:module') {
  return process.getBuiltinModule('node:module');
}

export function lazyNet(): typeof import('node:net') {
  return process.getBuiltinModule('node:net');
}

export function lazyStreamPromises(): typeof import('node:stream/promises') {
  return process.getBuiltinModule('node:stream/promises');
}

export function lazyTimersPromises(): typeof import('node:timers/promises') {
  return process.getBuiltinModule('node:timers/promises');
}

export function lazyZlib(): typeof import('node:zlib') {
  return process.getBuiltinModule('node:zlib');
}
