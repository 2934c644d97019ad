// SPDX-License-Identifier: Apache-2.0
// What a configuration may say and the engine does not do: refused by its name,
// and never left out in silence.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { Linux, Spec } from '../../lib/spec/types.js';
import { useBoxes } from '../helpers/boxes.js';
import { needs } from '../helpers/needs.js';
import { type Change, linux, SpecBox } from '../helpers/specs.js';

const section = (part: object): Change => linux(part as Linux);
const hooks =
  (stage: string, marker: string): Change =>
  (usual) => ({ ...usual, hooks: { [stage]: [{ path: '/bin/touch', args: ['touch', marker] }] } });

const STAGES = [
  'prestart',
  'createRuntime',
  'createContainer',
  'startContainer',
  'poststart',
  'poststop',
];

const CASES: readonly [name: string, change: Change][] = [
  ['linux.intelRdt', section({ intelRdt: { closID: 'first' } })],
  ['linux.netDevices', section({ netDevices: { eth0: { name: 'lan' } } })],
  ['linux.mountLabel', section({ mountLabel: 'system_u:object_r:container_file_t:s0' })],
  [
    'process.execCPUAffinity',
    (usual) =>
      ({ ...usual, process: { ...usual.process, execCPUAffinity: { initial: '0' } } }) as Spec,
  ],
  ['linux.memoryPolicy', section({ memoryPolicy: { mode: 'MPOL_BIND', nodes: '0' } })],
];

describe('parts of a configuration that are not supported', () => {
  needs('root', 'busybox');
  const boxes = useBoxes();

  async function assertRefused(name: string, change: Change): Promise<void> {
    await assert.rejects(SpecBox.start(boxes, change), {
      code: 'ENOTSUP',
      step: 'read plan',
      path: name,
      hint: `${name} is not supported yet`,
    });
  }

  for (const [name, change] of CASES) {
    it(`${name} is refused by name`, () => assertRefused(name, change));
  }

  it('settings of the machine are refused, by whatever name', async () => {
    for (const key of ['kernel.panic', 'net/../kernel/panic', 'fs/mqueue/../../kernel/panic']) {
      await assert.rejects(SpecBox.start(boxes, linux({ sysctl: { [key]: '0' } })), {
        code: 'EINVAL',
        step: 'set sysctl',
        path: key,
      });
    }
  });

  it('hooks are refused by name, and none is run', async () => {
    const marker = `${boxes.engine.root}/hook-ran`;
    for (const stage of STAGES) await assertRefused('hooks', hooks(stage, marker));
    assert.equal(existsSync(marker), false);
  });
});
