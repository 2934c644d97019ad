// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Flag } from '../../../../lib/cli/flags/flag.js';
import { parseFlags } from '../../../../lib/cli/flags/parse.js';
import { UsageError } from '../../../../lib/cli/usage-error.js';

const FLAGS: readonly Flag[] = [
  { name: 'interactive', short: 'i', type: 'bool', about: '' },
  { name: 'tty', short: 't', type: 'bool', about: '' },
  { name: 'env', short: 'e', type: 'list', about: '' },
  { name: 'publish', short: 'p', type: 'list', about: '' },
  { name: 'memory', short: 'm', type: 'bytes', about: '' },
  { name: 'pids-limit', type: 'int64', about: '' },
  { name: 'blkio-weight', type: 'uint16', about: '' },
  { name: 'network', aliases: ['net'], type: 'network', about: '' },
  { name: 'hostname', short: 'h', type: 'string', about: '' },
];

interface Golden {
  words: string[];
  values: Record<string, unknown>;
  args?: string[];
}

const GOLDEN: Golden[] = [
  { words: [], values: {} },
  { words: ['-it'], values: { interactive: true, tty: true } },
  {
    words: ['-itp', '80:80', 'img'],
    values: { interactive: true, tty: true, publish: ['80:80'] },
    args: ['img'],
  },
  { words: ['-e', 'A=1', '-eB=2', '-e=C=3'], values: { env: ['A=1', 'B=2', 'C=3'] } },
  { words: ['--env=A=1', '--env', 'B'], values: { env: ['A=1', 'B'] } },
  { words: ['-m512m'], values: { memory: '512m' } },
  { words: ['-m=512m'], values: { memory: '512m' } },
  { words: ['-m', '1g', '--memory', '2g'], values: { memory: '2g' } },
  { words: ['-m='], values: { memory: '=' } },
  { words: ['--memory='], values: { memory: '' } },
  { words: ['--tty=false'], values: { tty: false } },
  { words: ['-t=false'], values: { tty: false } },
  { words: ['-it=0'], values: { interactive: true, tty: false } },
  { words: ['--tty', 'false'], values: { tty: true }, args: ['false'] },
  { words: ['--memory', '--tty'], values: { memory: '--tty' } },
  { words: ['-e', '--'], values: { env: ['--'] } },
  { words: ['--net', 'host'], values: { network: ['host'] } },
  { words: ['--pids-limit', '-1'], values: { 'pids-limit': -1 } },
  { words: ['--pids-limit=0x10'], values: { 'pids-limit': 16 } },
  { words: ['--pids-limit=010'], values: { 'pids-limit': 8 } },
  { words: ['--pids-limit=1_000'], values: { 'pids-limit': 1000 } },
  { words: ['-h', 'box'], values: { hostname: 'box' } },
  {
    words: ['-i', 'img', '-t', '--nope', '--', 'x'],
    values: { interactive: true },
    args: ['img', '-t', '--nope', '--', 'x'],
  },
  { words: ['--', '-i'], values: {}, args: ['-i'] },
  {
    words: ['-i', '--', 'img', '--', '-x'],
    values: { interactive: true },
    args: ['img', '--', '-x'],
  },
  { words: ['-', '-i'], values: {}, args: ['-', '-i'] },
];

const REFUSED: [words: string[], message: string][] = [
  [['--nope'], 'unknown flag: --nope'],
  [['--nope=1'], 'unknown flag: --nope'],
  [['-x'], "unknown shorthand flag: 'x' in -x"],
  [['-itxp', '1'], "unknown shorthand flag: 'x' in -xp"],
  [['---'], 'bad flag syntax: ---'],
  [['--=x'], 'bad flag syntax: --=x'],
  [['--memory'], 'flag needs an argument: --memory'],
  [['-itm'], "flag needs an argument: 'm' in -m"],
  [
    ['--tty=yes'],
    'invalid argument "yes" for "-t, --tty" flag: strconv.ParseBool: parsing "yes": invalid syntax',
  ],
  [
    ['--pids-limit=ten'],
    'invalid argument "ten" for "--pids-limit" flag: strconv.ParseInt: parsing "ten": invalid syntax',
  ],
  [
    ['--pids-limit=9223372036854775808'],
    'invalid argument "9223372036854775808" for "--pids-limit" flag: strconv.ParseInt: parsing "9223372036854775808": value out of range',
  ],
  [
    ['--blkio-weight=-1'],
    'invalid argument "-1" for "--blkio-weight" flag: strconv.ParseUint: parsing "-1": invalid syntax',
  ],
  [
    ['--blkio-weight=65536'],
    'invalid argument "65536" for "--blkio-weight" flag: strconv.ParseUint: parsing "65536": value out of range',
  ],
];

function parse(words: readonly string[]) {
  return parseFlags(FLAGS, words, { interspersed: false });
}

// One setting in each way it can be spelled.
const setting = fc.oneof(
  fc.tuple(fc.constantFrom('tty', 'interactive'), fc.boolean()).map(([name, on]) => ({
    name,
    value: on,
    spelled: [[`--${name}=${on}`], [`-${name[0]}=${on}`]],
  })),
  fc
    .tuple(fc.constantFrom('env', 'memory', 'hostname', 'publish'), fc.string({ minLength: 1 }))
    .map(([name, value]) => {
      const letter = name[0] as string;
      const spelled = [[`--${name}=${value}`], [`--${name}`, value], [`-${letter}`, value]];
      return { name, value, spelled: [...spelled, [`-${letter}=${value}`]] };
    }),
);

describe('parseFlags', () => {
  for (const { words, values, args = [] } of GOLDEN) {
    it(`reads ${JSON.stringify(words)}`, () => {
      const line = parse(words);
      assert.deepEqual(Object.fromEntries(line.values.entries()), values);
      assert.deepEqual(line.args, args);
    });
  }

  for (const [words, message] of REFUSED) {
    it(`refuses ${JSON.stringify(words)}`, () => {
      assert.throws(
        () => parse(words),
        (error) => error instanceof UsageError && error.message === message,
      );
    });
  }

  it('takes flags after arguments where they may be', () => {
    const line = parseFlags(FLAGS, ['a', '-i', 'b', '--', '-t'], { interspersed: true });
    assert.deepEqual(line.args, ['a', 'b', '-t']);
    assert.deepEqual(line.values.entries(), [['interactive', true]]);
  });

  it('knows --help always and -h where the letter is free', () => {
    assert.equal(parse(['--help']).help, true);
    assert.equal(parseFlags([], ['-h'], { interspersed: true }).help, true);
    assert.equal(parse(['img', '--help']).help, false);
  });

  it('reads each spelling of a setting as the same', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(setting, fc.nat())), fc.array(fc.string()), (given, rest) => {
        const words = given.flatMap(([{ spelled }, pick]) => spelled[pick % spelled.length] ?? []);
        const line = parse([...words, 'image', ...rest]);
        assert.deepEqual(line.args, ['image', ...rest]);
        const expected = new Map<string, unknown>();
        for (const [{ name, value }] of given) {
          const list = (expected.get(name) as unknown[] | undefined) ?? [];
          const repeated = name === 'env' || name === 'publish';
          expected.set(name, repeated ? [...list, value] : value);
        }
        assert.deepEqual(new Map(line.values.entries()), expected);
      }),
    );
  });

  it('fails with nothing but a UsageError, whatever the words', () => {
    const word = fc.oneof(
      fc.string(),
      fc.string().map((text) => `-${text}`),
    );
    fc.assert(
      fc.property(fc.array(word), (words) => {
        try {
          parse(words);
        } catch (error) {
          assert.ok(error instanceof UsageError, String(error));
        }
      }),
    );
  });
});
