// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { type Group, makeBar } from '../../../bench/result.js';
import { decades, drawSvg, escapeXml, logScale } from '../../../bench/svg.js';

const group: Group = {
  scenario: 'S1',
  title: 'run "a" & <b>',
  unit: 'µs',
  better: 'less',
  bars: [makeBar('slipway', [10]), makeBar('limit', [100]), makeBar('crun', [1000, 1000])],
};

const widths = (svg: string) =>
  [...svg.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));

describe('bench/svg', () => {
  it('finds the powers of ten around the values', () => {
    assert.deepEqual(decades([3, 40, 999]), [0, 3]);
    assert.deepEqual(decades([0.02]), [-2, -1]);
  });

  it('keeps a decade of room when all values are one power of ten', () => {
    assert.deepEqual(decades([100]), [2, 3]);
  });

  it('has a range even when no value is above zero', () => {
    assert.deepEqual(decades([0, -1]), [0, 1]);
  });

  it('puts equal ratios at equal distances', () => {
    const scale = logScale([0, 2], 200);
    assert.deepEqual([1, 10, 100].map(scale), [0, 100, 200]);
  });

  it('keeps values out of range inside the plot', () => {
    const scale = logScale([0, 2], 200);
    assert.deepEqual([0, 0.01, 1e6].map(scale), [0, 0, 200]);
  });

  it('draws one bar a participant, longer for more', () => {
    const [first = 0, second = 0, third = 0, ...more] = widths(drawSvg([group], 'machine'));
    assert.ok(first < second && second < third, `${first} ${second} ${third}`);
    assert.deepEqual(more, []);
  });

  it('marks ours and the limit', () => {
    const svg = drawSvg([group], '');
    assert.equal(svg.match(/class="bar ours"/g)?.length, 1);
    assert.equal(svg.match(/class="bar limit"/g)?.length, 1);
  });

  it('escapes what would be markup', () => {
    assert.equal(escapeXml('<a & "b">'), '&lt;a &amp; &quot;b&quot;&gt;');
    assert.ok(drawSvg([group], '').includes('run &quot;a&quot; &amp; &lt;b&gt;'));
  });
});
