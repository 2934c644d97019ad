// SPDX-License-Identifier: Apache-2.0
// Runs the compiled filter as the kernel would, on the system calls of a profile.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { compileSeccomp, syscallNumbers } from '../../../bench/seccomp.js';
import type { LinuxSeccomp, SeccompOperator } from '../../../lib/spec/seccomp-types.js';
import { needs } from '../../helpers/needs.js';

const ALLOW = 0x7fff0000;
const EPERM = 0x50001;
const ENOSYS = 0x50000 | 38;
const isArm = process.arch === 'arm64';
const ARCH = isArm ? 0xc00000b7 : 0xc000003e;
const HEADER = isArm ? 'asm/unistd.h' : 'asm/unistd_64.h';

function memoryOf(arch: number, number: number, arg: bigint): Buffer {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(arch, 4);
  data.writeBigUInt64LE(arg, 16);
  return data;
}

function interpret(program: Buffer, data: Buffer): number {
  let accumulator = 0;
  for (let at = 0; ; at++) {
    const [code, k] = [program.readUInt16LE(at * 8), program.readUInt32LE(at * 8 + 4)];
    const [jt, jf] = [program.readUInt8(at * 8 + 2), program.readUInt8(at * 8 + 3)];
    if (code === 0x06) return k;
    if (code === 0x20) accumulator = data.readUInt32LE(k);
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0;
    else if (code === 0x05) at += k;
    else if (code === 0x15) at += accumulator === k ? jt : jf;
    else if (code === 0x25) at += accumulator > k ? jt : jf;
    else if (code === 0x35) at += accumulator >= k ? jt : jf;
    else assert.fail(`instruction ${code.toString(16)}`);
  }
}

function profileOf(syscalls: LinuxSeccomp['syscalls']): LinuxSeccomp {
  return { defaultAction: 'SCMP_ACT_ERRNO', ...(syscalls && { syscalls }) };
}

describe('bench/seccomp', () => {
  needs('cc');

  const verdictOf = (profile: LinuxSeccomp, name: string, arg = 0n, arch = ARCH) => {
    const number = syscallNumbers(HEADER).get(name);
    assert.ok(number !== undefined, name);
    return interpret(compileSeccomp(profile), memoryOf(arch, number, arg));
  };

  it('gives every system call its own verdict', () => {
    const numbers = syscallNumbers(HEADER);
    const allowed = [...numbers.keys()].filter((_, index) => index % 3 === 0);
    const program = compileSeccomp(profileOf([{ names: allowed, action: 'SCMP_ACT_ALLOW' }]));
    for (const [name, number] of numbers) {
      const expected = allowed.includes(name) ? ALLOW : EPERM;
      assert.equal(interpret(program, memoryOf(ARCH, number, 0n)), expected, name);
    }
  });

  it('answers the errno of a rule', () => {
    const rule = { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 } as const;
    assert.equal(verdictOf(profileOf([rule]), 'clone3'), ENOSYS);
  });

  it('refuses numbers past the last that it knows', () => {
    const program = compileSeccomp(profileOf([{ names: ['read'], action: 'SCMP_ACT_ALLOW' }]));
    assert.equal(interpret(program, memoryOf(ARCH, 0x40000000, 0n)), EPERM);
  });

  it('kills on an architecture that it does not know', () => {
    assert.equal(verdictOf(profileOf([]), 'read', 0n, 0x1234), 0x80000000);
  });

  const big = 0x1_0000_0005;
  const table: [SeccompOperator, number[], number[]][] = [
    ['SCMP_CMP_EQ', [big], [5, 0x2_0000_0005, big + 1]],
    ['SCMP_CMP_NE', [5, big + 1, 0x2_0000_0005], [big]],
    ['SCMP_CMP_LT', [0, 6, big - 1], [big, big + 1, 0x2_0000_0000]],
    ['SCMP_CMP_LE', [0, 6, big], [big + 1, 0x2_0000_0000]],
    ['SCMP_CMP_GT', [big + 1, 0x2_0000_0000], [0, 6, big]],
    ['SCMP_CMP_GE', [big, big + 1, 0x2_0000_0000], [0, 6, big - 1]],
  ];
  for (const [op, matching, others] of table) {
    it(`compares all 64 bits of an argument by ${op}`, () => {
      const args = [{ index: 0, value: big, op }];
      const profile = profileOf([{ names: ['socket'], action: 'SCMP_ACT_ALLOW', args }]);
      for (const value of matching)
        assert.equal(verdictOf(profile, 'socket', BigInt(value)), ALLOW);
      for (const value of others) assert.equal(verdictOf(profile, 'socket', BigInt(value)), EPERM);
    });
  }

  it('compares the masked bits of an argument', () => {
    const args = [{ index: 0, value: 0xf0, valueTwo: 0x10, op: 'SCMP_CMP_MASKED_EQ' }] as const;
    const profile = profileOf([{ names: ['clone'], action: 'SCMP_ACT_ALLOW', args }]);
    assert.equal(verdictOf(profile, 'clone', 0xffffff1fn), ALLOW);
    assert.equal(verdictOf(profile, 'clone', 0x2fn), EPERM);
  });
});
