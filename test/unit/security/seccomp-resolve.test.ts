// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { InvalidArgumentError } from '../../../lib/errors.js';
import { resolveSeccompProfile } from '../../../lib/security/seccomp-profile.js';

const context = { capabilities: ['CAP_CHOWN'], arch: 'x64', kernel: [6, 1] } as const;
const minimal = { defaultAction: 'SCMP_ACT_ERRNO' };

function withRule(rule: object): object {
  return { ...minimal, syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW', ...rule }] };
}

function remains(rule: object): boolean {
  return resolveSeccompProfile(withRule(rule), context).syscalls?.length === 1;
}

describe('resolveSeccompProfile', () => {
  it('keeps a profile of the OCI form as it is', () => {
    const profile = {
      defaultAction: 'SCMP_ACT_TRACE',
      defaultErrnoRet: 7,
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X32'],
      flags: ['SECCOMP_FILTER_FLAG_LOG'],
      listenerPath: '/run/agent.sock',
      listenerMetadata: 'data',
      syscalls: [
        { names: ['read', 'made_up'], action: 'SCMP_ACT_ALLOW' },
        {
          names: ['write'],
          action: 'SCMP_ACT_ERRNO',
          errnoRet: 5,
          args: [{ index: 1, value: 2, valueTwo: 3, op: 'SCMP_CMP_MASKED_EQ' }],
        },
      ],
    };
    assert.deepEqual(resolveSeccompProfile(profile, context), profile);
  });

  it('takes the ABIs of this machine from archMap', () => {
    const archMap = [
      { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
      { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] },
      { architecture: 'SCMP_ARCH_RISCV64', subArchitectures: null },
    ];
    const listed = (arch: 'x64' | 'arm64') =>
      resolveSeccompProfile({ ...minimal, archMap }, { ...context, arch }).architectures;
    assert.deepEqual(listed('x64'), ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
    assert.deepEqual(listed('arm64'), ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM']);
  });

  it('keeps a rule only where all of its inclusions hold', () => {
    assert.equal(remains({ includes: {} }), true);
    assert.equal(remains({ includes: { caps: ['CAP_CHOWN'] } }), true);
    assert.equal(remains({ includes: { caps: ['CAP_CHOWN', 'CAP_BPF'] } }), false);
    assert.equal(remains({ includes: { arches: ['arm64', 'amd64'] } }), true);
    assert.equal(remains({ includes: { arches: ['arm64'] } }), false);
    assert.equal(remains({ includes: { minKernel: '6.1' } }), true);
    assert.equal(remains({ includes: { minKernel: '6.2' } }), false);
    assert.equal(remains({ includes: { minKernel: '5.19' } }), true);
  });

  it('drops a rule where one of its exclusions holds', () => {
    assert.equal(remains({ excludes: null }), true);
    assert.equal(remains({ excludes: { caps: ['CAP_BPF'] } }), true);
    assert.equal(remains({ excludes: { caps: ['CAP_BPF', 'CAP_CHOWN'] } }), false);
    assert.equal(remains({ excludes: { arches: ['amd64'] } }), false);
    assert.equal(remains({ excludes: { arches: ['s390x'] } }), true);
    assert.equal(remains({ excludes: { minKernel: '6.1' } }), false);
    assert.equal(remains({ excludes: { minKernel: '6.2' } }), true);
  });

  it('reads the older single name and the names of errnos', () => {
    const profile = {
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 38,
      defaultErrno: 'ENOSYS',
      syscalls: [{ name: 'bdflush', action: 'SCMP_ACT_ERRNO', errno: 'EPERM', args: null }],
    };
    assert.deepEqual(resolveSeccompProfile(profile, context), {
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 38,
      syscalls: [{ names: ['bdflush'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 }],
    });
  });

  it('passes over comments', () => {
    const profile = { ...withRule({ comment: 'why' }), $schema: 'profile', _note: 1 };
    assert.equal(resolveSeccompProfile(profile, context).syscalls?.length, 1);
  });

  const argument = { index: 0, value: 1, op: 'SCMP_CMP_EQ' };
  const refused: [option: string, profile: unknown][] = [
    ['seccomp', []],
    ['seccomp.defaultAction', {}],
    ['seccomp.defaultAction', { defaultAction: 'ALLOW' }],
    ['seccomp.defaultAction', { defaultAction: 'SCMP_ACT_NOTIFY' }],
    ['seccomp.defaultErrnoRet', { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 4096 }],
    ['seccomp.defaultErrnoRet', { defaultAction: 'SCMP_ACT_ALLOW', defaultErrnoRet: 1 }],
    ['seccomp.defaultErrno', { defaultAction: 'SCMP_ACT_ERRNO', defaultErrno: 'EPREM' }],
    ['seccomp.defaultActoin', { ...minimal, defaultActoin: 'SCMP_ACT_KILL' }],
    ['seccomp.architectures[1]', { ...minimal, architectures: ['SCMP_ARCH_X86', 'x32'] }],
    [
      'seccomp.architectures',
      {
        ...minimal,
        architectures: ['SCMP_ARCH_X86'],
        archMap: [{ architecture: 'SCMP_ARCH_ARM' }],
      },
    ],
    ['seccomp.archMap[0].architecture', { ...minimal, archMap: [{}] }],
    ['seccomp.flags[0]', { ...minimal, flags: ['LOG'] }],
    ['seccomp.listenerMetadata', { ...minimal, listenerMetadata: 'data' }],
    ['seccomp.syscalls', { ...minimal, syscalls: {} }],
    ['seccomp.syscalls[0].names', withRule({ names: [] })],
    ['seccomp.syscalls[0].names[0]', withRule({ names: [1] })],
    ['seccomp.syscalls[0].name', withRule({ name: 'write' })],
    ['seccomp.syscalls[0].action', withRule({ action: 'SCMP_ACT_DENY' })],
    ['seccomp.syscalls[0].names', withRule({ names: ['write'], action: 'SCMP_ACT_NOTIFY' })],
    ['seccomp.syscalls[0].errnoRet', withRule({ errnoRet: 1 })],
    ['seccomp.syscalls[0].errno', withRule({ errno: 'EPERM' })],
    ['seccomp.syscalls[0].errno', withRule({ action: 'SCMP_ACT_ERRNO', errno: 'EPREM' })],
    ['seccomp.syscalls[0].args[0].op', withRule({ args: [{ ...argument, op: '==' }] })],
    ['seccomp.syscalls[0].args[0].index', withRule({ args: [{ ...argument, index: 6 }] })],
    ['seccomp.syscalls[0].args[0].value', withRule({ args: [{ ...argument, value: -1 }] })],
    ['seccomp.syscalls[0].args[0].value', withRule({ args: [{ ...argument, value: 2 ** 60 }] })],
    ['seccomp.syscalls[0].args[0].valueTwo', withRule({ args: [{ ...argument, valueTwo: '1' }] })],
    ['seccomp.syscalls[0].includes.cap', withRule({ includes: { cap: ['CAP_BPF'] } })],
    ['seccomp.syscalls[0].excludes.minKernel', withRule({ excludes: { minKernel: '5' } })],
    ['seccomp.syscalls[0].exludes', withRule({ exludes: {} })],
  ];
  for (const [option, profile] of refused) {
    it(`names ${option} when it refuses ${JSON.stringify(profile).slice(0, 90)}`, () => {
      assert.throws(
        () => resolveSeccompProfile(profile, context),
        (error) => error instanceof InvalidArgumentError && error.option === option,
      );
    });
  }
});
