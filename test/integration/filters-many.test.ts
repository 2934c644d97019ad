// SPDX-License-Identifier: Apache-2.0
// A program may run containers of ever other profiles: the engine keeps few of
// their filters, and each process gets its own all the same.
import assert from 'node:assert/strict';
import type { SlipwayError } from '../../lib/index.js';
import type { LinuxSeccomp } from '../../lib/spec/seccomp-types.js';
import { useBoxes } from '../helpers/boxes.js';
import { needs } from '../helpers/needs.js';

const COUNT = 70;

// Answers mkdir(2) with an error number of its own.
const profile = (errnoRet: number): LinuxSeccomp => ({
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet }],
});

describe('many filters', () => {
  needs('root', 'busybox');
  const boxes = useBoxes();

  const compile = (errno: number) =>
    boxes.engine.withFilter(profile(errno), (number) => Promise.resolve(number));
  const options = (errno: number) => ({
    securityOpt: [{ seccomp: profile(errno) }],
  });

  it('are not kept for ever, and none stands for another', async () => {
    // ENOENT and ENOSPC have words of their own.
    await using box = await boxes.run({ ...options(2), command: ['sleep', '600'] });
    const says = async () => (await box.exec(['mkdir', '/tmp/x'])).stderr?.replace(/.*: /, '');
    assert.equal(await says(), 'No such file or directory');
    const first = await compile(2);
    const numbers: number[] = [];
    for (let errno = 100; errno < 100 + COUNT; errno++) numbers.push(await compile(errno));
    assert.equal(new Set([first, ...numbers]).size, COUNT + 1);
    const supervisor = await boxes.engine.supervisor();
    const start = supervisor.request('start', { id: 'x', filter: first });
    await assert.rejects(start, ({ code, step }: SlipwayError) => {
      assert.deepEqual([code, step], ['ENOENT', 'find filter']);
      return true;
    });
    const said = async (errno: number) =>
      (await boxes.sh('mkdir /tmp/x', options(errno))).stderr.trim().replace(/.*: /, '');
    assert.equal(await said(28), 'No space left on device');
    assert.equal(await said(2), 'No such file or directory');
    assert.equal(await says(), 'No such file or directory');
  });
});
