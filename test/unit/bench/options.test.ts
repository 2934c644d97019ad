// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { parseOptions } from '../../../bench/options.js';

describe('bench/options', () => {
  it('takes several scenarios in either case', () => {
    assert.deepEqual(parseOptions(['--scenario', 's1,S5'], ['S1', 'S5']).scenarios, ['S1', 'S5']);
  });

  it('names a scenario that there is not', () => {
    assert.throws(() => parseOptions(['--scenario', 'S99'], ['S1']), /no scenario S99/);
  });

  it('installs nothing unless told to', () => {
    assert.equal(parseOptions([], []).installPeers, false);
  });

  it('refuses an option that there is not', () => {
    assert.throws(() => parseOptions(['--fast'], []), /--fast/);
  });
});
