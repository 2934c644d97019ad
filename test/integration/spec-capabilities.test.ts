// SPDX-License-Identifier: Apache-2.0
// Sets of capabilities that no option makes.
import assert from 'node:assert/strict';
import { useBoxes } from '../helpers/boxes.js';
import { needs } from '../helpers/needs.js';
import { SpecBox } from '../helpers/specs.js';

describe('capabilities of a configuration', () => {
  needs('root', 'busybox');
  const boxes = useBoxes();
  const NET_RAW = '0000000000002000';
  const NONE = '0000000000000000';
  const ONE = ['CAP_NET_RAW'];

  const start = (sets: object, user: string) =>
    SpecBox.start(
      boxes,
      (usual) => {
        const process = usual.process ?? assert.fail('there is a process');
        const capabilities = { bounding: ONE, permitted: ONE, effective: ONE, ...sets };
        return { ...usual, process: { ...process, capabilities } };
      },
      { user, command: ['sh', '-c', 'grep ^Cap /proc/self/status'] },
    );
  async function capabilities(sets: object, user: string): Promise<Record<string, string>> {
    await using box = await start(sets, user);
    const text = (await box.self.stdout?.text()) ?? '';
    const lines = text
      .trim()
      .split('\n')
      .map((line) => line.split(/:\s+/));
    return Object.fromEntries(lines);
  }

  it('that are ambient are kept by the programs of an ordinary user', async () => {
    const expected = { CapInh: NET_RAW, CapPrm: NET_RAW, CapEff: NET_RAW, CapBnd: NET_RAW };
    const sets = { inheritable: ONE, ambient: ONE };
    assert.deepEqual(await capabilities(sets, '1000'), { ...expected, CapAmb: NET_RAW });
  });

  it('that are only inheritable are not', async () => {
    const expected = { CapInh: NET_RAW, CapPrm: NONE, CapEff: NONE, CapBnd: NET_RAW, CapAmb: NONE };
    assert.deepEqual(await capabilities({ inheritable: ONE, ambient: [] }, '1000'), expected);
  });

  it('cannot be ambient without being inheritable', async () => {
    const sets = { inheritable: [], ambient: ONE };
    await assert.rejects(start(sets, '1000'), { step: 'set capabilities', code: 'EPERM' });
  });
});
