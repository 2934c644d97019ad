// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { type Group, makeBar, ratio } from '../../../bench/result.js';
import { formatGroup } from '../../../bench/table.js';

function groupOf(better: Group['better'], ours: number, theirs: number): Group {
  const bars = [makeBar('slipway', [ours]), makeBar('crun', [theirs], ['without overlay'])];
  return { scenario: 'S1', title: 'run', unit: 'x', better, bars };
}

describe('bench/table', () => {
  it('counts a longer time as worse', () => {
    assert.equal(ratio(groupOf('less', 30, 10), 'slipway', 'crun'), 3);
  });

  it('counts a lower rate as worse', () => {
    assert.equal(ratio(groupOf('more', 10, 30), 'slipway', 'crun'), 3);
  });

  it('has no ratio to one that did not take part', () => {
    assert.equal(ratio(groupOf('less', 30, 10), 'slipway', 'docker'), undefined);
  });

  it('says how much longer ours takes, and what a participant leaves out', () => {
    const text = formatGroup(groupOf('less', 30, 10));
    assert.match(text, /crun .*3\.00 x as long/);
    assert.match(text, /crun: without overlay/);
  });

  it('says how many more ours does', () => {
    assert.match(formatGroup(groupOf('more', 30, 10)), /crun .*3\.00 x as many/);
  });
});
