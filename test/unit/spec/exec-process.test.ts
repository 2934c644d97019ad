// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { ContainerOptions, ExecOptions } from '../../../lib/container/options.js';
import { normaliseExecOptions } from '../../../lib/container/validate.js';
import { InvalidArgumentError } from '../../../lib/errors.js';
import { buildExecProcess } from '../../../lib/spec/exec-process.js';
import { stringifySpec } from '../../../lib/spec/stringify.js';
import { build, facts } from '../../helpers/facts.js';

function exec(options: Partial<ExecOptions>, container: Partial<ContainerOptions> = {}) {
  const { spec, extras } = build(container);
  const machine = facts();
  const normalised = normaliseExecOptions({ command: ['ls'], ...options });
  return { spec, extras, built: buildExecProcess({ options: normalised, spec, extras, machine }) };
}

describe('an exec', () => {
  it('takes from the container what it does not say', () => {
    const container = {
      user: '5:6',
      workdir: '/w',
      env: { A: '1' },
      groupAdd: [7],
      ulimits: { core: 0 },
    };
    const { spec, extras, built } = exec({}, container);
    assert.deepEqual(built.process.env, spec.process?.env);
    assert.deepEqual(built.process.capabilities, spec.process?.capabilities);
    assert.deepEqual(built.process.rlimits, spec.process?.rlimits);
    assert.equal(built.process.noNewPrivileges, false);
    assert.deepEqual([built.user, built.process.cwd, built.groupAdd], ['5:6', '/w', ['7']]);
    assert.equal(built.seccomp, extras.seccomp);
    assert.deepEqual(built.process.args, ['ls']);
  });

  it('has its own user, directory and variables', () => {
    const container = { user: '5', workdir: '/w', env: { A: '1', B: '1' } };
    const { built } = exec({ user: 'root', workdir: '/v', env: { A: '2' }, tty: true }, container);
    assert.deepEqual([built.user, built.process.cwd, built.process.terminal], ['root', '/v', true]);
    const env = built.process.env?.slice(2);
    assert.deepEqual(env, ['A=2', 'B=1', 'TERM=xterm']);
  });

  it('keeps no new privileges', () => {
    const { built } = exec({}, { securityOpt: ['no-new-privileges'] });
    assert.equal(built.process.noNewPrivileges, true);
  });

  it('has all rights only when privileged', () => {
    const { built } = exec({ privileged: true });
    assert.equal(built.process.capabilities?.bounding?.length, 41);
    assert.deepEqual(built.process.capabilities?.inheritable, []);
    assert.equal(built.seccomp, null);
  });

  it('can add a capability to those of the container', () => {
    const { built } = exec({ capAdd: ['SYS_TIME'] }, { capDrop: ['ALL'] });
    assert.deepEqual(built.process.capabilities?.bounding, ['CAP_SYS_TIME']);
  });

  it('cannot add what the engine does not have', () => {
    const { spec, extras } = build();
    const options = normaliseExecOptions({ command: ['ls'], capAdd: ['SYS_TIME'] });
    const machine = facts({ capabilities: ['CAP_CHOWN'] });
    assert.throws(() => buildExecProcess({ options, spec, extras, machine }), InvalidArgumentError);
  });
});

describe('JSON of a configuration', () => {
  it('has the exact number for no limit, and leaves texts alone', () => {
    const text = '"hard":18446744073709552000';
    const { spec } = build({ ulimits: { core: 'unlimited' }, command: [text] });
    const json = stringifySpec(spec);
    assert.match(json, /"soft":18446744073709551615,"hard":18446744073709551615/);
    assert.deepEqual(JSON.parse(json).process.args, [text]);
  });

  it('is that of JSON.stringify otherwise', () => {
    const { spec } = build();
    assert.equal(stringifySpec(spec), JSON.stringify(spec));
  });
});
