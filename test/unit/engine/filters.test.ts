// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { Filters } from '../../../lib/engine/filters.js';
import type { LinuxSeccomp } from '../../../lib/spec/seccomp-types.js';

const MOST = 64;
const profile = (name: number): LinuxSeccomp => ({
  defaultAction: 'SCMP_ACT_ALLOW',
  defaultErrnoRet: name,
});

describe('the filters of an engine', () => {
  let compiled: string[];
  let forgotten: number[];
  let failure: Error | undefined;
  let filters: Filters;

  beforeEach(() => {
    compiled = [];
    forgotten = [];
    failure = undefined;
    filters = new Filters(
      async (text) => {
        await Promise.resolve();
        if (failure !== undefined) throw failure;
        return compiled.push(text);
      },
      (number) => forgotten.push(number),
    );
  });

  const numberOf = (given: LinuxSeccomp) =>
    filters.with(given, (number) => Promise.resolve(number));
  async function useOthers(count = MOST): Promise<void> {
    for (let name = 1000; name < 1000 + count; name++) await numberOf(profile(name));
  }

  it('are compiled once for equal profiles', async () => {
    assert.equal(await numberOf(profile(1)), 1);
    assert.equal(await numberOf(profile(1)), 1);
    assert.equal(await numberOf(profile(2)), 2);
    assert.equal(compiled.length, 2);
  });

  it('are given back when many others were used since, and come again by another number', async () => {
    const first = profile(1);
    await numberOf(first);
    await useOthers(MOST - 1);
    assert.deepEqual(forgotten, []);
    await numberOf(profile(2));
    assert.deepEqual(forgotten, [1]);
    assert.equal(await numberOf(first), MOST + 2);
  });

  it('are kept while they are used again and again', async () => {
    for (let round = 0; round < 3; round++) {
      assert.equal(await numberOf(profile(1)), 1);
      await useOthers(MOST - 1);
    }
    assert.ok(!forgotten.includes(1));
  });

  it('are not given back while a request names them', async () => {
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const using = filters.with(profile(1), () => answered);
    await useOthers();
    assert.deepEqual(forgotten, []);
    answer();
    await using;
    await Promise.resolve();
    assert.deepEqual(forgotten, [1]);
  });

  it('are each good for its own caller when more are asked for at once than are kept', async () => {
    const names = Array.from({ length: 3 * MOST }, (_, name) => name);
    await Promise.all(
      names.map((name) =>
        filters.with(profile(name), async (number) => {
          await Promise.resolve();
          assert.ok(!forgotten.includes(number));
          assert.deepEqual(JSON.parse(compiled[number - 1] ?? ''), profile(name));
        }),
      ),
    );
    await Promise.resolve();
    assert.equal(compiled.length - forgotten.length, MOST);
  });

  it('that could not be compiled are asked for again, and none is given back', async () => {
    failure = new Error('no');
    await assert.rejects(numberOf(profile(1)), failure);
    failure = undefined;
    assert.equal(await numberOf(profile(1)), 1);
    assert.deepEqual(forgotten, []);
  });
});
