// SPDX-License-Identifier: Apache-2.0
// An OCI seccomp profile as a BPF program for the participants that take one
// ready made: equal neighbours merged into ranges, ranges searched by halving.
import { execFileSync } from 'node:child_process';
import { endianness } from 'node:os';
import type { LinuxSeccomp, LinuxSyscall } from '../lib/spec/seccomp-types.js';
import { compare, type Instruction, JUMP_AT_LEAST, JUMP_EQUAL, LOAD } from './seccomp-args.js';

interface Architecture {
  audit: number;
  header: string;
}

const JUMP = 0x05;
const RETURN = 0x06;
const KILL_PROCESS = 0x80000000;
const SCMP_NAMES = new Map<string, Architecture>([
  ['SCMP_ARCH_X86_64', { audit: 0xc000003e, header: 'asm/unistd_64.h' }],
  ['SCMP_ARCH_X86', { audit: 0x40000003, header: 'asm/unistd_32.h' }],
  ['SCMP_ARCH_AARCH64', { audit: 0xc00000b7, header: 'asm/unistd.h' }],
]);
const NATIVE =
  process.arch === 'arm64' ? ['SCMP_ARCH_AARCH64'] : ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'];

/** The system call numbers of a kernel header, as the C compiler sees them. */
export function syscallNumbers(header: string): Map<string, number> {
  const text = execFileSync('cc', ['-E', '-dM', '-'], {
    input: `#include <${header}>\n`,
    encoding: 'utf8',
  });
  const found = text.matchAll(/^#define __NR_(\w+) (\d+)$/gm);
  return new Map([...found].map(([, name, number]) => [name as string, Number(number)]));
}

function verdict(action: string, errno = 1): Instruction {
  if (action === 'SCMP_ACT_ALLOW') return { code: RETURN, k: 0x7fff0000 };
  if (action === 'SCMP_ACT_ERRNO') return { code: RETURN, k: 0x00050000 | errno };
  throw new Error(`seccomp action ${action} is not written for the benchmark`);
}

function ruleCode(rule: LinuxSyscall): Instruction[] {
  let code = [verdict(rule.action, rule.errnoRet)];
  for (const arg of [...(rule.args ?? [])].reverse())
    code = [...compare(arg, code.length), ...code];
  return code;
}

// A rule without arguments decides alone, whatever stands beside it.
function leaf(rules: readonly LinuxSyscall[], otherwise: Instruction): Instruction[] {
  const plain = rules.find((rule) => !rule.args?.length);
  return plain ? ruleCode(plain) : [...rules.flatMap(ruleCode), otherwise];
}

interface Range {
  from: number;
  code: Instruction[];
}

function ranges(profile: LinuxSeccomp, numbers: Map<string, number>): Range[] {
  const otherwise = verdict(profile.defaultAction, profile.defaultErrnoRet);
  const byNumber = new Map<number, LinuxSyscall[]>();
  for (const rule of profile.syscalls ?? []) {
    for (const number of rule.names
      .map((name) => numbers.get(name))
      .filter((n) => n !== undefined)) {
      byNumber.set(number, [...(byNumber.get(number) ?? []), rule]);
    }
  }
  const result: Range[] = [{ from: 0, code: leaf(byNumber.get(0) ?? [], otherwise) }];
  for (let from = 1; from <= Math.max(...byNumber.keys()) + 1; from++) {
    const code = leaf(byNumber.get(from) ?? [], otherwise);
    if (JSON.stringify(code) !== JSON.stringify(result.at(-1)?.code)) result.push({ from, code });
  }
  return result;
}

// Conditional jumps reach 255 instructions; JUMP reaches any.
function search(list: readonly Range[]): Instruction[] {
  if (list.length === 1) return list[0]?.code ?? [];
  const middle = list.length >> 1;
  const left = search(list.slice(0, middle));
  const right = search(list.slice(middle));
  const k = list[middle]?.from ?? 0;
  if (left.length <= 255)
    return [{ code: JUMP_AT_LEAST, k, jt: left.length, jf: 0 }, ...left, ...right];
  return [
    { code: JUMP_AT_LEAST, k, jt: 0, jf: 1 },
    { code: JUMP, k: left.length },
    ...left,
    ...right,
  ];
}

function archCode(profile: LinuxSeccomp, { audit, header }: Architecture): Instruction[] {
  const list = ranges(profile, syscallNumbers(header));
  const body = [{ code: LOAD, k: 0 }, ...search(list)];
  return [{ code: JUMP_EQUAL, k: audit, jt: 1, jf: 0 }, { code: JUMP, k: body.length }, ...body];
}

function encode(program: readonly Instruction[]): Buffer {
  if (endianness() !== 'LE')
    throw new Error('the seccomp program is written for little-endian machines');
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(({ code, jt = 0, jf = 0, k }, index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jt, index * 8 + 2);
    bytes.writeUInt8(jf, index * 8 + 3);
    bytes.writeUInt32LE(k, index * 8 + 4);
  });
  return bytes;
}

/** The program as an array of `struct sock_filter`. */
export function compileSeccomp(profile: LinuxSeccomp): Buffer {
  const wanted = profile.architectures ?? NATIVE;
  const architectures = NATIVE.filter((name) => wanted.includes(name)).map((name) =>
    SCMP_NAMES.get(name),
  );
  const bodies = architectures.flatMap((arch) => (arch ? archCode(profile, arch) : []));
  return encode([{ code: LOAD, k: 4 }, ...bodies, { code: RETURN, k: KILL_PROCESS }]);
}
