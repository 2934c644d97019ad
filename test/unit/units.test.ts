// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InvalidArgumentError } from '../../lib/errors.js';
import { parseSignal } from '../../lib/signals.js';
import {
  parseDurationMs,
  parseIdSet,
  parseNanoCpus,
  parseSize,
  parseSizeOrUnlimited,
} from '../../lib/units.js';

const refused = (option: string) => (error: unknown) =>
  error instanceof InvalidArgumentError && error.option === option;

describe('sizes', () => {
  for (const [text, bytes] of [
    ['0', 0],
    ['512', 512],
    ['512b', 512],
    ['1k', 1024],
    ['64KB', 65_536],
    ['64KiB', 65_536],
    ['512m', 536_870_912],
    ['1.5g', 1_610_612_736],
    ['.5g', 536_870_912],
    ['2 gb', 2_147_483_648],
    [' 1m ', 1_048_576],
    ['1t', 1_099_511_627_776],
    ['0.0001k', 0],
    [4096, 4096],
  ] as const) {
    it(`${JSON.stringify(text)} is ${bytes} bytes`, () => {
      assert.equal(parseSize('memory', text), bytes);
    });
  }

  for (const bad of [
    '',
    'm',
    '1x',
    '1mm',
    '-1',
    '-1m',
    '1e3',
    '1,5g',
    '0x10',
    '1  m',
    '9999999p',
  ]) {
    it(`${JSON.stringify(bad)} is no size`, () => {
      assert.throws(() => parseSize('memory', bad), refused('memory'));
    });
  }

  for (const bad of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, null, true, 5n, {}]) {
    it(`${String(bad)} of type ${typeof bad} is no size`, () => {
      assert.throws(() => parseSize('memory', bad), refused('memory'));
    });
  }

  it('-1 is no limit only where that is allowed', () => {
    assert.equal(parseSizeOrUnlimited('memorySwap', -1), -1);
    assert.equal(parseSizeOrUnlimited('memorySwap', '-1'), -1);
    assert.equal(parseSizeOrUnlimited('memorySwap', '1k'), 1024);
    assert.throws(() => parseSizeOrUnlimited('memorySwap', -2), /-1 for no limit/);
  });

  it('a whole number with a unit is that many times the unit', () => {
    const units = fc.constantFrom('', 'b', 'k', 'm', 'g', 'K', 'MB', 'GiB');
    fc.assert(
      fc.property(fc.nat(100_000), units, (count, unit) => {
        const power = ' kmg'.indexOf(unit.slice(0, 1).toLowerCase().replace('b', '') || ' ');
        assert.equal(parseSize('memory', `${count}${unit}`), count * 1024 ** power);
      }),
    );
  });

  it('any text is a whole number of bytes or refused by name', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{1,6} ?[kmgtpbi]{0,3}$/)),
        (text) => {
          try {
            const bytes = parseSize('memory', text);
            assert.ok(Number.isSafeInteger(bytes) && bytes >= 0);
          } catch (error) {
            assert.ok(refused('memory')(error));
          }
        },
      ),
    );
  });
});

describe('durations', () => {
  for (const [text, ms] of [
    ['0', 0],
    ['10s', 10_000],
    ['1m30s', 90_000],
    ['250ms', 250],
    ['1h', 3_600_000],
    ['1.5s', 1500],
    ['500us', 0.5],
    [1200, 1200],
  ] as const) {
    it(`${JSON.stringify(text)} is ${ms} ms`, () => {
      assert.equal(parseDurationMs('timeoutMs', text), ms);
    });
  }

  for (const bad of ['', '10', 's', '10 s', '-1s', '1s2', '1d', '1sx', -1, Number.NaN, null]) {
    it(`${JSON.stringify(bad)} is no duration`, () => {
      assert.throws(() => parseDurationMs('timeoutMs', bad), refused('timeoutMs'));
    });
  }
});

describe('processor counts', () => {
  for (const [given, nano] of [
    [1.5, 1_500_000_000],
    ['0.1', 100_000_000],
    ['.25', 250_000_000],
    [0, 0],
    ['2', 2_000_000_000],
    ['0.000000001', 1],
  ] as const) {
    it(`${JSON.stringify(given)} is ${nano} billionths`, () => {
      assert.equal(parseNanoCpus('cpus', given), nano);
    });
  }

  for (const bad of ['', '1,5', '-1', '1e2', '0.0000000001', Number.NaN, -1, null, '1/2']) {
    it(`${JSON.stringify(bad)} is no count`, () => {
      assert.throws(() => parseNanoCpus('cpus', bad), refused('cpus'));
    });
  }

  it('up to nine decimals are exact', () => {
    fc.assert(
      fc.property(fc.nat(512), fc.nat(999_999_999), (whole, part) => {
        const text = `${whole}.${String(part).padStart(9, '0')}`;
        assert.equal(parseNanoCpus('cpus', text), whole * 1e9 + part);
      }),
    );
  });
});

describe('sets of numbers', () => {
  it('ranges and numbers are joined', () => {
    assert.deepEqual(parseIdSet('cpusetCpus', '0-2,5,1'), [0, 1, 2, 5]);
  });

  for (const bad of ['', ',', '1-', '-1', '3-1', 'a', '0-4294967295', '1 ,2', '99999999999']) {
    it(`${JSON.stringify(bad)} is refused at once`, () => {
      assert.throws(() => parseIdSet('cpusetCpus', bad), refused('cpusetCpus'));
    });
  }
});

describe('signals', () => {
  for (const [given, signal] of [
    ['SIGTERM', 15],
    ['term', 15],
    [9, 9],
    ['9', 9],
    ['RTMIN', 34],
    ['SIGRTMIN+3', 37],
    ['RTMAX-1', 63],
    ['rtmax', 64],
  ] as const) {
    it(`${JSON.stringify(given)} is ${signal}`, () => {
      assert.equal(parseSignal('stopSignal', given), signal);
    });
  }

  for (const bad of ['', 'SIG', 'SIGNOPE', 0, 65, '65', -9, 'RTMIN-1', 'RTMAX+1', 1.5, null]) {
    it(`${JSON.stringify(bad)} is no signal`, () => {
      assert.throws(() => parseSignal('stopSignal', bad), refused('stopSignal'));
    });
  }
});
