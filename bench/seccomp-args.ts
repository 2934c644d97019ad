// SPDX-License-Identifier: Apache-2.0
// Comparing one 64-bit argument of a system call in classic BPF, which knows
// 32-bit words only.
import type { LinuxSeccompArg } from '../lib/spec/seccomp-types.js';

/** One `struct sock_filter`. */
export interface Instruction {
  code: number;
  jt?: number;
  jf?: number;
  k: number;
}

export const LOAD = 0x20;
export const AND = 0x54;
export const JUMP_EQUAL = 0x15;
export const JUMP_ABOVE = 0x25;
export const JUMP_AT_LEAST = 0x35;

interface Words {
  high: number;
  low: number;
}

function words(value: number): Words {
  const wide = BigInt(value);
  return { high: Number((wide >> 32n) & 0xffffffffn), low: Number(wide & 0xffffffffn) };
}

// Greater, or greater and equal; `negate` makes them less and equal, or less.
function order(arg: LinuxSeccompArg, miss: number, low: number, negate: boolean): Instruction[] {
  const { high: highWord, low: lowWord } = words(arg.value);
  const loads = loader(arg);
  const [above, below] = negate ? [miss + 3, 2] : [3, miss + 2];
  const [yes, no] = negate ? [miss, 0] : [0, miss];
  return [
    loads.high,
    { code: JUMP_ABOVE, k: highWord, jt: above, jf: 0 },
    { code: JUMP_EQUAL, k: highWord, jt: 0, jf: below },
    loads.low,
    { code: low, k: lowWord, jt: yes, jf: no },
  ];
}

function loader({ index }: LinuxSeccompArg): { high: Instruction; low: Instruction } {
  const offset = 16 + 8 * index;
  return { high: { code: LOAD, k: offset + 4 }, low: { code: LOAD, k: offset } };
}

function equal(arg: LinuxSeccompArg, miss: number): Instruction[] {
  const { high, low } = words(arg.value);
  const loads = loader(arg);
  const first = { code: JUMP_EQUAL, k: high, jt: 0, jf: miss + 2 };
  return [loads.high, first, loads.low, { code: JUMP_EQUAL, k: low, jt: 0, jf: miss }];
}

function different(arg: LinuxSeccompArg, miss: number): Instruction[] {
  const { high, low } = words(arg.value);
  const loads = loader(arg);
  const first = { code: JUMP_EQUAL, k: high, jt: 0, jf: 2 };
  return [loads.high, first, loads.low, { code: JUMP_EQUAL, k: low, jt: miss, jf: 0 }];
}

function maskedEqual(arg: LinuxSeccompArg, miss: number): Instruction[] {
  const mask = words(arg.value);
  const wanted = words(arg.valueTwo ?? 0);
  const loads = loader(arg);
  return [
    loads.high,
    { code: AND, k: mask.high },
    { code: JUMP_EQUAL, k: wanted.high, jt: 0, jf: miss + 3 },
    loads.low,
    { code: AND, k: mask.low },
    { code: JUMP_EQUAL, k: wanted.low, jt: 0, jf: miss },
  ];
}

/** Falls through when the argument matches, else goes on `miss` instructions further. */
export function compare(arg: LinuxSeccompArg, miss: number): Instruction[] {
  switch (arg.op) {
    case 'SCMP_CMP_EQ':
      return equal(arg, miss);
    case 'SCMP_CMP_NE':
      return different(arg, miss);
    case 'SCMP_CMP_MASKED_EQ':
      return maskedEqual(arg, miss);
    case 'SCMP_CMP_GE':
      return order(arg, miss, JUMP_AT_LEAST, false);
    case 'SCMP_CMP_GT':
      return order(arg, miss, JUMP_ABOVE, false);
    case 'SCMP_CMP_LT':
      return order(arg, miss, JUMP_AT_LEAST, true);
    case 'SCMP_CMP_LE':
      return order(arg, miss, JUMP_ABOVE, true);
  }
}
