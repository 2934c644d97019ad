// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InvalidArgumentError } from '../../../lib/errors.js';
import { readUser } from '../../../lib/spec/user.js';

const accepted = (text: unknown): boolean => {
  try {
    readUser('user', text);
    return true;
  } catch (error) {
    assert.ok(error instanceof InvalidArgumentError && error.option === 'user');
    return false;
  }
};

describe('users', () => {
  it('a number is accepted exactly up to 2147483647, alone and as a group', () => {
    const id = fc.oneof(fc.nat(), fc.bigInt(0n, 2n ** 70n), fc.constantFrom(2 ** 31 - 1, 2 ** 31));
    fc.assert(
      fc.property(id, (number) => {
        const fits = BigInt(number) < 2n ** 31n;
        assert.equal(accepted(String(number)), fits);
        assert.equal(accepted(`root:${number}`), fits);
      }),
    );
  });

  it('numbers with a sign or a fraction are refused', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom('-', '+'), (number, sign) => {
        assert.equal(accepted(`${sign}${number}`), false);
        assert.equal(accepted(`${number}.5`), false);
      }),
    );
  });

  it('names are handed on unchanged', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z_][a-z0-9_-]{0,31}$/), (name) => {
        assert.equal(readUser('user', name), name);
        assert.equal(readUser('user', `${name}:${name}`), `${name}:${name}`);
      }),
    );
  });

  it('any text that is accepted is one word of at most two parts', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const plain = !/[\s\0/]/.test(text) && text.split(':').length <= 2;
        assert.ok(!accepted(text) || plain);
      }),
    );
  });

  for (const value of [null, undefined, {}, [], true, 1.5, -1, Number.NaN]) {
    it(`${String(value)} of type ${typeof value} is refused`, () => {
      assert.equal(accepted(value), false);
    });
  }
});
