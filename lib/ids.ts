// SPDX-License-Identifier: Apache-2.0
// Ids from random bytes, fetched for many at once: it is the call of the
// generator that costs, not the bytes.
import { lazyCrypto } from './builtin.js';

const STOCK_BYTES = 4096;

let stock: Buffer = Buffer.alloc(0);

/** `bytes` random bytes as hexadecimal digits. */
export function randomHex(bytes: number): string {
  if (stock.length < bytes) stock = lazyCrypto().randomBytes(STOCK_BYTES);
  const text = stock.toString('hex', 0, bytes);
  stock = stock.subarray(bytes);
  return text;
}
