// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import {
  CanceledError,
  ERROR_CODES,
  exitCodeOf,
  fromNative,
  InvalidArgumentError,
  isSlipwayError,
  NotFoundError,
  SlipwayError,
} from '../../lib/errors.js';

const overlay = { step: 'mount overlay', syscall: 'fsconfig', path: '/x', errno: 22 };

describe('errors', () => {
  it('a native failure has the fields of a system error, errno negative', () => {
    const error = fromNative({ ...overlay, hint: 'directories may not overlap' });
    assert.equal(error.message, 'mount overlay on /x: EINVAL (hint: directories may not overlap)');
    const { code, errno, syscall, path, step, hint } = error;
    assert.deepEqual(
      { code, errno, syscall, path, step, hint },
      {
        code: 'EINVAL',
        errno: -22,
        syscall: 'fsconfig',
        path: '/x',
        step: 'mount overlay',
        hint: 'directories may not overlap',
      },
    );
  });

  it('a native failure without path or hint says neither', () => {
    const error = fromNative({
      step: 'load seccomp filter',
      syscall: 'seccomp',
      path: '',
      errno: 1,
    });
    assert.equal(error.message, 'load seccomp filter: EPERM');
    assert.equal('path' in error || 'hint' in error, false);
  });

  for (const [errno, code] of [
    [87, 'EUSERS'],
    [117, 'EUCLEAN'],
    [122, 'EDQUOT'],
    [95, 'ENOTSUP'],
    [11, 'EAGAIN'],
    [8, 'ENOEXEC'],
  ] as const) {
    it(`errno ${errno} is named ${code}`, () => {
      assert.equal(fromNative({ ...overlay, errno }).code, code);
    });
  }

  for (const errno of [0, 4095]) {
    it(`errno ${errno}, which has no name, is ERR_UNKNOWN and shown as a number`, () => {
      const error = fromNative({ ...overlay, errno });
      assert.equal(error.code, 'ERR_UNKNOWN');
      assert.equal(error.message, `mount overlay on /x: failed (errno ${errno})`);
    });
  }

  for (const [errno, code, exitCode] of [
    [2, 'ERR_COMMAND_NOT_FOUND', 127],
    [20, 'ERR_COMMAND_NOT_FOUND', 127],
    [13, 'ERR_COMMAND_NOT_EXECUTABLE', 126],
    [8, 'ERR_COMMAND_NOT_EXECUTABLE', 126],
    [7, 'E2BIG', 125],
  ] as const) {
    it(`errno ${errno} of execve is ${code} and exit code ${exitCode}`, () => {
      const error = fromNative({ step: 'start command', syscall: 'execve', path: '/a', errno });
      assert.equal(error.code, code);
      assert.equal(error.errno, -errno);
      assert.equal(exitCodeOf(error), exitCode);
    });
  }

  it('the exit code of any other error is 125', () => {
    assert.equal(exitCodeOf(new Error('x')), 125);
    assert.equal(exitCodeOf(undefined), 125);
    assert.equal(exitCodeOf(new SlipwayError('x', { code: 'constructor' })), 125);
  });

  it('an invalid argument names the option, what was given and what is allowed', () => {
    const error = new InvalidArgumentError({ option: 'memory', given: '12q', allowed: 'a size' });
    assert.equal(error.message, "memory: got '12q', expected a size");
    assert.equal(error.code, 'ERR_INVALID_ARGUMENT');
    assert.equal(error.name, 'InvalidArgumentError');
    assert.deepEqual([error.option, error.given, error.allowed], ['memory', '12q', 'a size']);
  });

  it('a long value is cut in the message and kept whole in the error', () => {
    const given = 'x'.repeat(5000);
    const error = new InvalidArgumentError({ option: 'name', given, allowed: 'a name' });
    assert.ok(error.message.length < 200);
    assert.equal(error.given, given);
  });

  it('the reason of a cancellation is its cause', () => {
    const reason = new Error('stop');
    const error = new CanceledError('canceled', reason);
    assert.equal(error.cause, reason);
    assert.equal(error.code, 'ERR_CANCELED');
  });

  it('errors are recognised by their mark, not by their class', () => {
    assert.ok(isSlipwayError(new NotFoundError('x', { code: 'ERR_IMAGE_NOT_FOUND' })));
    assert.ok(isSlipwayError({ [Symbol.for('slipway.error')]: true }));
    assert.equal(isSlipwayError(new Error('x')), false);
    assert.equal(isSlipwayError(null), false);
  });

  it('the mark is not among the fields that are printed', () => {
    assert.deepEqual(Object.keys(fromNative({ ...overlay, path: '' })).sort(), [
      'code',
      'errno',
      'step',
      'syscall',
    ]);
  });

  it('each own code has an exit code and a meaning', () => {
    for (const [code, { exitCode, meaning }] of Object.entries(ERROR_CODES)) {
      assert.match(code, /^ERR_[A-Z_]+$/);
      assert.ok([125, 126, 127].includes(exitCode) && meaning.length > 10);
    }
  });
});
