// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { median, percentile, summarize } from '../../../bench/stats.js';

describe('bench/stats', () => {
  it('takes the middle value of an odd count, whatever the order', () => {
    assert.equal(median([9, 1, 5]), 5);
  });

  it('takes the mean of the two middle values of an even count', () => {
    assert.equal(median([4, 1, 2, 3]), 2.5);
  });

  it('interpolates between neighbours', () => {
    assert.equal(percentile([0, 10], 0.9), 9);
  });

  it('summarizes a list with its smallest value and its percentiles', () => {
    const values = Array.from({ length: 101 }, (_, index) => 100 - index);
    assert.deepEqual(summarize(values), { count: 101, min: 0, p50: 50, p90: 90, p99: 99 });
  });

  it('leaves the list as it was', () => {
    const values = [3, 1, 2];
    summarize(values);
    assert.deepEqual(values, [3, 1, 2]);
  });

  it('refuses an empty list', () => {
    assert.throws(() => summarize([]), RangeError);
  });
});
