// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { readCsv } from '../../../../lib/cli/run/csv.js';
import { readMountText } from '../../../../lib/cli/run/mount.js';

const GOLDEN: [text: string, mount: object][] = [
  [
    'type=bind,source=/a,target=/b,readonly',
    { type: 'bind', source: '/a', target: '/b', readOnly: true },
  ],
  [
    'TYPE=bind,src=/a,dst=/b,ro=false',
    { type: 'bind', source: '/a', target: '/b', readOnly: false },
  ],
  [
    'type=bind,source=./x,destination=/b,bind-propagation=rslave,bind-recursive=readonly,ro',
    {
      type: 'bind',
      source: resolve('./x'),
      target: '/b',
      bind: { propagation: 'rslave', recursive: 'readonly' },
      readOnly: true,
    },
  ],
  [
    'type=bind,source=/a,target=/b,bind-nonrecursive',
    { type: 'bind', source: '/a', target: '/b', bind: { recursive: 'disabled' } },
  ],
  [
    'type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=700',
    { type: 'tmpfs', target: '/t', tmpfs: { size: '1m', mode: '700' } },
  ],
  ['type=bind,"source=/a,b",target=/c', { type: 'bind', source: '/a,b', target: '/c' }],
  ['target=/b', { type: 'volume', target: '/b' }],
];

describe('readMountText', () => {
  for (const [text, mount] of GOLDEN) {
    it(`reads ${text}`, () => assert.deepEqual(readMountText(text), mount));
  }

  for (const [text, message] of [
    ['type=bind,what=1', /--mount: got .*, not what$/],
    ['type=volume,volume-nocopy', /not volume-nocopy \(hint: volumes and image mounts/],
    ['type=bind,source', /expected 'source=value'/],
    ['type=bind,ro=maybe', /expected true or false for ro/],
    ['type=bind,"source=/a', /a quote without its end/],
  ] as const) {
    it(`refuses ${text}`, () => assert.throws(() => readMountText(text), { message }));
  }
});

describe('readCsv', () => {
  it('reads back what was written', () => {
    const write = (field: string) => `"${field.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (fields) => {
        assert.deepEqual(readCsv(fields.map(write).join(',')), fields);
      }),
    );
    assert.deepEqual(readCsv('a,,b,'), ['a', '', 'b', '']);
  });
});
