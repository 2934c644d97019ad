// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { onAbort } from '../../lib/abort.js';

describe('what waits for an AbortSignal', () => {
  it('is told once, all of it, in the order it came', () => {
    const controller = new AbortController();
    const told: number[] = [];
    const act = () => told.push(1);
    onAbort(controller.signal, act);
    onAbort(controller.signal, act);
    onAbort(controller.signal, () => told.push(2));
    controller.abort();
    controller.signal.dispatchEvent(new Event('abort'));
    assert.deepEqual(told, [1, 1, 2]);
  });

  it('is not told once it was taken back, also by another that is told', () => {
    const controller = new AbortController();
    const told: number[] = [];
    onAbort(controller.signal, () => takeBack());
    const takeBack = onAbort(controller.signal, () => told.push(1));
    onAbort(controller.signal, () => told.push(2));
    controller.abort();
    takeBack();
    assert.deepEqual(told, [2]);
  });

  it('has one listener on the signal, and none when nothing waits', () => {
    const { signal } = new AbortController();
    const count = () => getEventListeners(signal, 'abort').length;
    for (let round = 0; round < 2; round++) {
      const all = Array.from({ length: 20 }, () => onAbort(signal, () => {}));
      assert.equal(count(), 1);
      for (const takeBack of all) takeBack();
      for (const takeBack of all) takeBack();
      assert.equal(count(), 0);
    }
  });
});
