// SPDX-License-Identifier: Apache-2.0
// The filter as a program, for other engines and for comparisons.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { loadNative } from '../../lib/native.js';

const compile = (input: string) => spawnSync(loadNative().runtime, ['seccomp'], { input });

describe('slipway-runtime seccomp', () => {
  it('makes a BPF program of a profile', () => {
    const { status, stdout } = compile(
      '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}',
    );
    assert.equal(status, 0);
    assert.ok(stdout.length > 0 && stdout.length % 8 === 0);
    assert.equal(stdout.readUInt16LE(0), 0x20, 'it begins with a load');
  });

  it('refuses what is no profile, and says why', () => {
    for (const input of ['', '{', '{"defaultAction":"NONE"}', `{"a":${'['.repeat(100000)}`]) {
      const { status, stdout, stderr } = compile(input);
      assert.equal(status, 1, input.slice(0, 40));
      assert.equal(stdout.length, 0);
      assert.match(stderr.toString(), /^slipway-runtime seccomp: ./);
    }
  });
});
