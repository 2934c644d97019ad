// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { ALL_CAPABILITIES, DEFAULT_CAPABILITIES } from '../../../lib/security/capabilities.js';
import {
  ARCHITECTURES,
  defaultSeccompProfile,
  resolveSeccompProfile,
  type SeccompContext,
} from '../../../lib/security/seccomp-profile.js';
import type { LinuxSeccomp } from '../../../lib/spec/seccomp-types.js';
import { needs, references } from '../../helpers/needs.js';

const root = join(import.meta.dirname, '../../..');
const fixtures = join(root, 'test/fixtures/seccomp');
const dockerProfile = join(references, 'seccomp-default.json');

const usual: SeccompContext = {
  capabilities: DEFAULT_CAPABILITIES,
  arch: 'x64',
  kernel: [6, 18],
};

// The contexts whose filters the C++ tests compile.
const contexts: Record<string, SeccompContext> = {
  usual,
  none: { ...usual, capabilities: [] },
  admin: { ...usual, capabilities: [...DEFAULT_CAPABILITIES, 'CAP_SYS_ADMIN'] },
  all: { ...usual, capabilities: ALL_CAPABILITIES },
  old: { ...usual, kernel: [4, 7] },
  arm64: { ...usual, arch: 'arm64' },
};

// Names that some ABI of the machine has: others mean nothing there.
function namesOf(arch: SeccompContext['arch']): Set<string> {
  const table = readFileSync(join(root, 'cpp/container/syscalls_table.h'), 'utf8');
  const names = new Set<string>();
  for (const [, name, numbers] of table.matchAll(/\{"(\w+)", \{([-\d, ]+)\}\}/g)) {
    const columns = (numbers ?? '').split(', ').map(Number);
    const own = arch === 'x64' ? columns.slice(0, 3) : columns.slice(3);
    if (own.some((number) => number >= 0)) names.add(name ?? '');
  }
  return names;
}

// What a profile says about one name, in a form that can be compared: the order
// of rules does not matter, and an unconditional rule covers all others.
function verdictOf(profile: LinuxSeccomp, name: string): string[] {
  const verdict = (action: string, errnoRet?: number) =>
    action === 'SCMP_ACT_ERRNO' ? `${action} ${errnoRet ?? 1}` : action;
  const fallback = verdict(profile.defaultAction, profile.defaultErrnoRet);
  const rules = (profile.syscalls ?? [])
    .filter((rule) => rule.names.includes(name))
    .map((rule) => ({ does: verdict(rule.action, rule.errnoRet), args: rule.args ?? [] }))
    .filter((rule) => rule.does !== fallback);
  const always = rules.find((rule) => rule.args.length === 0);
  if (always) return [always.does];
  const conditional = rules.map(({ does, args }) => {
    const tests = args.map((arg) => `${arg.index} ${arg.op} ${arg.value} ${arg.valueTwo ?? 0}`);
    return `${does} if ${tests.join(' and ')}`;
  });
  return [...conditional.sort(), fallback];
}

describe('the built-in seccomp profile', () => {
  it('refuses what it does not name with EPERM', () => {
    const profile = defaultSeccompProfile(usual);
    for (const name of ['keyctl', 'io_uring_setup', 'mount', 'bpf', 'no_such_call']) {
      assert.deepEqual(verdictOf(profile, name), ['SCMP_ACT_ERRNO 1'], name);
    }
  });

  it('answers ENOSYS to clone3 unless CAP_SYS_ADMIN is given', () => {
    const clone3 = (context: SeccompContext) =>
      verdictOf(defaultSeccompProfile(context), 'clone3')[0];
    assert.equal(clone3(usual), 'SCMP_ACT_ERRNO 38');
    assert.equal(clone3({ ...usual, capabilities: ['CAP_SYS_ADMIN'] }), 'SCMP_ACT_ALLOW');
  });

  it('allows tracing only on kernels that judge a call after its tracer', () => {
    const ptrace = (kernel: readonly [number, number]) =>
      verdictOf(defaultSeccompProfile({ ...usual, kernel }), 'ptrace')[0];
    assert.equal(ptrace([4, 8]), 'SCMP_ACT_ALLOW');
    assert.equal(ptrace([10, 0]), 'SCMP_ACT_ALLOW');
    assert.equal(ptrace([4, 7]), 'SCMP_ACT_ERRNO 1');
    assert.equal(ptrace([3, 19]), 'SCMP_ACT_ERRNO 1');
  });

  for (const [title, context] of Object.entries(contexts)) {
    it(`is, for '${title}', the fixture that the C++ tests compile`, () => {
      const file = join(fixtures, `${title}.json`);
      const text = `${JSON.stringify(defaultSeccompProfile(context), null, 2)}\n`;
      if (process.env['UPDATE_FIXTURES'] === '1') writeFileSync(file, text);
      assert.equal(readFileSync(file, 'utf8'), text, 'UPDATE_FIXTURES=1 writes it anew');
    });
  }
});

describe("the built-in seccomp profile beside Docker's", () => {
  needs('the reference texts');

  const capabilitySets: Record<string, readonly string[]> = {
    'no capabilities': [],
    "Docker's capabilities": DEFAULT_CAPABILITIES,
    'all capabilities': ALL_CAPABILITIES,
  };
  for (const name of ALL_CAPABILITIES) capabilitySets[`${name} alone`] = [name];

  for (const arch of ['x64', 'arm64'] as const) {
    for (const [title, capabilities] of Object.entries(capabilitySets)) {
      it(`has the same verdict for every call on ${arch} with ${title}`, () => {
        const docker: unknown = JSON.parse(readFileSync(dockerProfile, 'utf8'));
        for (const kernel of [
          [6, 18],
          [4, 8],
          [4, 4],
        ] as const) {
          const context = { capabilities, arch, kernel };
          const ours = defaultSeccompProfile(context);
          const theirs = resolveSeccompProfile(docker, context);
          assert.deepEqual(ours.architectures, theirs.architectures);
          assert.deepEqual(ours.architectures, ARCHITECTURES[arch]);
          for (const name of namesOf(arch)) {
            assert.deepEqual(verdictOf(ours, name), verdictOf(theirs, name), name);
          }
        }
      });
    }
  }
});
