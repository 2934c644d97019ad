// SPDX-License-Identifier: Apache-2.0
// The program that the kernel runs, as root of the machine, when a cgroup of
// version 1 becomes empty: whoever writes its name is root of the machine.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { needs } from '../../helpers/needs.js';
import { numbers, type RunOptions, useRange } from './attack.js';

const AGENT = '/sys/fs/cgroup/memory/release_agent';

// A hierarchy that is there already, so that no new one is made.
const ATTACK = `
mkdir /tmp/own
mount -t cgroup -o memory none /tmp/own 2>/dev/null && echo mounted 1
for folder in /tmp/own /sys/fs/cgroup/memory; do
  if [ -e $folder/release_agent ]; then echo found 1; fi
done
mount -o remount,rw /sys/fs/cgroup/memory 2>/dev/null && echo remounted 1
`;
const NESTED = `unshare --user --map-root-user --mount --cgroup sh -c '${ATTACK}'`;

const mappings = ['0:300000:65536'];
const USERNS = { usernsMode: 'private' as const, uidMappings: mappings, gidMappings: mappings };
const ADMIN = { capAdd: ['SYS_ADMIN'] };
const UNFILTERED = { securityOpt: ['seccomp=unconfined'] };

const CASES: readonly [who: string, script: string, Partial<RunOptions>, Record<string, number>][] =
  [
    ['root', ATTACK, {}, {}],
    ['root without a filter', ATTACK, UNFILTERED, {}],
    ['the root of a namespace made inside', NESTED, { ...ADMIN, ...UNFILTERED }, { mounted: 1 }],
    ['root of a user namespace', ATTACK, { ...USERNS, ...ADMIN }, {}],
    [
      'root of a user namespace with every right',
      ATTACK,
      { ...USERNS, ...UNFILTERED, capAdd: ['ALL'] },
      {},
    ],
    [
      'root of a user namespace with a cgroup namespace of its own',
      ATTACK,
      { ...USERNS, ...ADMIN, cgroupns: 'private' },
      { mounted: 1 },
    ],
    [
      'CAP_SYS_ADMIN with a cgroup namespace of its own',
      ATTACK,
      { ...ADMIN, cgroupns: 'private' },
      { mounted: 1 },
    ],
  ];

describe('the release agent of the machine', function () {
  this.timeout(20_000);
  needs('cgroup v1'); // version 2 has none
  const range = useRange();
  const attack = async (script: string, options: Partial<RunOptions>) =>
    numbers((await range.run({ ...options, command: ['sh', '-c', script] })).stdout);

  for (const [who, script, options, answers] of CASES) {
    it(`is out of reach of ${who}`, async () => {
      assert.deepEqual(await attack(script, options), answers);
    });
  }

  // As with Docker where AppArmor is not active, which is what forbids the mount there.
  it("is within reach of CAP_SYS_ADMIN with the machine's cgroup and user namespace", async () => {
    const before = readFileSync(AGENT, 'utf8');
    const answers = await attack(ATTACK, { ...ADMIN, cgroupns: 'host' });
    assert.deepEqual(answers, { mounted: 1, found: 1 });
    assert.equal(readFileSync(AGENT, 'utf8'), before);
  });
});
