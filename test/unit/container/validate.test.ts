// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { ContainerOptions, ExecOptions } from '../../../lib/container/options.js';
import { normaliseExecOptions, normaliseOptions } from '../../../lib/container/validate.js';
import { InvalidArgumentError } from '../../../lib/errors.js';

const MAPPING = ['0:100000:65536'];
const USERNS = { usernsMode: 'private', uidMappings: MAPPING, gidMappings: MAPPING };

// What a caller without types can pass.
const read = (options: object) =>
  normaliseOptions({ image: 'host', ...options } as ContainerOptions);

function refusal(run: () => unknown): InvalidArgumentError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof InvalidArgumentError, String(error));
    return error;
  }
  assert.fail('it was accepted');
}

describe('option names', () => {
  for (const [written, meant] of [
    ['memroy', 'memory'],
    ['mem_limit', 'memory'],
    ['cap-add', 'capAdd'],
    ['--read-only', 'readOnly'],
    ['Command', 'command'],
    ['pidLimit', 'pidsLimit'],
    ['working_dir', 'workdir'],
    ['extra_hosts', 'addHost'],
    ['rm', 'autoRemove'],
    ['cwd', 'workdir'],
    ['volume', 'volumes'],
    ['enviroment', undefined],
    ['environment', 'env'],
    ['privilegd', 'privileged'],
    ['xyzzy', undefined],
    ['constructor', undefined],
  ] as const) {
    it(`${written} is refused${meant === undefined ? '' : ` with ${meant} suggested`}`, () => {
      const error = refusal(() => read({ [written]: 1 }));
      assert.equal(error.option, written);
      assert.equal(error.hint, meant === undefined ? undefined : `did you mean ${meant}?`);
    });
  }

  for (const name of ['publish', 'restart', 'healthcheck', 'log-driver', 'gpus', 'volumes_from']) {
    it(`${name} is refused as not available yet`, () => {
      assert.match(refusal(() => read({ [name]: 'x' })).hint ?? '', /is not available yet$/);
    });
  }

  it('an unknown option that is undefined is not given', () => {
    assert.equal(read({ xyzzy: undefined }).image, 'host');
  });

  for (const given of [undefined, null, 'x', 5, []]) {
    it(`${JSON.stringify(given)} instead of options is refused`, () => {
      const error = refusal(() => normaliseOptions(given as unknown as ContainerOptions));
      assert.equal(error.option, 'options');
    });
  }

  it('an exec takes options of an exec only', () => {
    const options = { command: ['ls'], memory: '1g' } as unknown as ExecOptions;
    assert.equal(refusal(() => normaliseExecOptions(options)).option, 'memory');
  });
});

describe('refused values', () => {
  for (const [options, option] of [
    [{ image: undefined }, 'image'],
    [{ image: '' }, 'image'],
    [{ image: {} }, 'image'],
    [{ command: 'ls -l' }, 'command'],
    [{ command: [1] }, 'command[0]'],
    [{ command: ['a\0b'] }, 'command[0]'],
    [{ entrypoint: 5 }, 'entrypoint'],
    [{ env: 'A=1' }, 'env'],
    [{ env: ['=x'] }, 'env[0]'],
    [{ env: { 'A=B': '1' } }, 'env'],
    [{ env: { A: {} } }, 'env.A'],
    [{ env: { A: 'x\0' } }, 'env.A'],
    [{ envFile: '/nowhere' }, 'envFile'],
    [{ workdir: 'tmp' }, 'workdir'],
    [{ user: -1 }, 'user'],
    [{ user: '4294967296' }, 'user'],
    [{ user: 2147483648 }, 'user'],
    [{ user: 'a:b:c' }, 'user'],
    [{ user: 1.5 }, 'user'],
    [{ user: 'a b' }, 'user'],
    [{ groupAdd: ['a:b'] }, 'groupAdd[0]'],
    [{ groupAdd: [-5] }, 'groupAdd[0]'],
    [{ init: 'yes' }, 'init'],
    [{ init: true, pid: 'host' }, 'init'],
    [{ ...USERNS, pid: 'container:x' }, 'pid'],
    [{ ...USERNS, uts: 'ns:/x' }, 'uts'],
    [{ ...USERNS, ipc: 'container:x' }, 'ipc'],
    [{ ...USERNS, cgroupns: 'container:x' }, 'cgroupns'],
    [{ name: 'x' }, 'name'],
    [{ name: '../x' }, 'name'],
    [{ name: `a${'b'.repeat(255)}` }, 'name'],
    [{ hostname: 'a b' }, 'hostname'],
    [{ hostname: 'a\nb' }, 'hostname'],
    [{ hostname: 'a'.repeat(65) }, 'hostname'],
    [{ hostname: 'a', uts: 'host' }, 'hostname'],
    [{ labels: { a: {} } }, 'labels.a'],
    [{ stdin: 'file' }, 'stdin'],
    [{ stdout: -1 }, 'stdout'],
    [{ tty: true, stdin: 'ignore' }, 'stdin'],
    [{ tty: true, stdin: 0 }, 'stdin'],
    [{ tty: true, stdout: 'inherit' }, 'stdout'],
    [{ tty: true, stderr: 'pipe' }, 'stderr'],
    [{ consoleSize: { rows: 24, columns: 80 } }, 'consoleSize'],
    [{ tty: true, consoleSize: { rows: 0, columns: 80 } }, 'consoleSize.rows'],
    [{ tty: true, consoleSize: { rows: 1, cols: 80 } }, 'consoleSize.cols'],
    [{ maxBuffer: 'lots' }, 'maxBuffer'],
    [{ memory: '5m' }, 'memory'],
    [{ memory: '10m', memoryReservation: '11m' }, 'memoryReservation'],
    [{ memorySwap: '1g' }, 'memorySwap'],
    [{ memory: '1g', memorySwap: '1m' }, 'memorySwap'],
    [{ memorySwappiness: 101 }, 'memorySwappiness'],
    [{ kernelMemory: 1 }, 'kernelMemory'],
    [{ oomScoreAdj: 1001 }, 'oomScoreAdj'],
    [{ cpus: 0.001 }, 'cpus'],
    [{ cpus: 1, cpuQuota: 1000 }, 'cpus'],
    [{ cpuShares: 1 }, 'cpuShares'],
    [{ cpuPeriod: 999 }, 'cpuPeriod'],
    [{ cpuQuota: 999 }, 'cpuQuota'],
    [{ cpuRtPeriod: 100, cpuRtRuntime: 101 }, 'cpuRtRuntime'],
    [{ cpusetCpus: '0-4294967295' }, 'cpusetCpus'],
    [{ cpusetMems: '1-' }, 'cpusetMems'],
    [{ pidsLimit: -2 }, 'pidsLimit'],
    [{ blkioWeight: 9 }, 'blkioWeight'],
    [{ blkioWeightDevice: ['/dev/sda'] }, 'blkioWeightDevice[0]'],
    [{ blkioWeightDevice: ['/dev/sda:1001'] }, 'blkioWeightDevice[0]'],
    [{ deviceReadBps: [{ path: 'sda', rate: 1 }] }, 'deviceReadBps[0]'],
    [{ deviceWriteIops: ['/dev/sda:0'] }, 'deviceWriteIops[0]'],
    [{ shmSize: '-1' }, 'shmSize'],
    [{ readOnly: 1 }, 'readOnly'],
    [{ devices: ['dev/null'] }, 'devices[0]'],
    [{ devices: ['/dev/a:/dev/b:x'] }, 'devices[0]'],
    [{ devices: ['/dev/a:/dev/b:rr'] }, 'devices[0]'],
    [{ deviceCgroupRules: ['c 1:3'] }, 'deviceCgroupRules[0]'],
    [{ ulimits: { nofiles: 1 } }, 'ulimits.nofiles'],
    [{ ulimits: { nofile: { soft: 2, hard: 1 } } }, 'ulimits.nofile'],
    [{ ulimits: ['nofile=1:2:3'] }, 'ulimits.nofile'],
    [{ ulimits: ['nofile'] }, 'ulimits.nofile'],
    [{ sysctls: { 'kernel.core_pattern': 'x' } }, 'sysctls.kernel.core_pattern'],
    [{ sysctls: { 'net.../../x': 'x' } }, 'sysctls.net.../../x'],
    [{ sysctls: ['net.core.somaxconn'] }, 'sysctls.net.core.somaxconn'],
    [{ capAdd: ['FLY'] }, 'capAdd[0]'],
    [{ capDrop: 'ALL' }, 'capDrop'],
    [
      { privileged: true, usernsMode: 'private', uidMappings: ['0:1:1'], gidMappings: ['0:1:1'] },
      'privileged',
    ],
    [{ securityOpt: ['no-new-privileges=maybe'] }, 'securityOpt[0]'],
    [{ securityOpt: ['seccomp=/nowhere.json'] }, 'securityOpt[0]'],
    [{ securityOpt: ['seccomp'] }, 'securityOpt[0]'],
    [{ securityOpt: ['label=type:x'] }, 'securityOpt[0]'],
    [{ securityOpt: ['systempaths=all'] }, 'securityOpt[0]'],
    [{ securityOpt: ['constructor'] }, 'securityOpt[0]'],
    [{ securityOpt: [{ seccomp: {}, more: 1 }] }, 'securityOpt[0]'],
    [{ usernsMode: 'auto' }, 'usernsMode'],
    [{ usernsMode: 'private' }, 'uidMappings'],
    [{ usernsMode: 'private', uidMappings: ['0:1'] }, 'uidMappings[0]'],
    [{ usernsMode: 'private', uidMappings: ['0:1:9', '5:99:9'] }, 'uidMappings'],
    [{ usernsMode: 'private', uidMappings: ['0:4294967294:2'] }, 'uidMappings[0].size'],
    [{ gidMappings: ['0:1:1'] }, 'gidMappings'],
    [{ ipc: 'container:' }, 'ipc'],
    [{ ipc: 'container:../x' }, 'ipc'],
    [{ pid: 'shareable' }, 'pid'],
    [{ uts: 'ns:relative' }, 'uts'],
    [{ network: 'bridge' }, 'network'],
    [{ addHost: ['db'] }, 'addHost[0]'],
    [{ addHost: { db: 'host-gateway' } }, 'addHost.db'],
    [{ addHost: { 'd\nb': '::1' } }, 'addHost.d\nb'],
    [{ dns: ['one'] }, 'dns[0]'],
    [{ dns: ['fe80::1%a\nb'] }, 'dns[0]'],
    [{ dnsSearch: ['a b'] }, 'dnsSearch[0]'],
    [{ dnsOption: ['a\nb'] }, 'dnsOption[0]'],
    [{ stopSignal: 'SIGNOPE' }, 'stopSignal'],
    [{ stopTimeout: 1.5 }, 'stopTimeout'],
    [{ lifetime: 'detached' }, 'lifetime'],
    [{ cgroupParent: '/a/../b' }, 'cgroupParent'],
    [{ signal: {} }, 'signal'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ timeoutMs: 2 ** 31 }, 'timeoutMs'],
    [{ engine: 'x' }, 'engine'],
    [{ command: ['echo', '\ud800'] }, 'command[1]'],
    [{ command: Array(1) }, 'command[0]'],
    [{ env: { A: 'x\udc00' } }, 'env.A'],
    [{ labels: { '\ud800': 'x' } }, 'labels'],
    [{ env: new Map([['A', '1']]) }, 'env'],
    [{ labels: new Map([['a', 'b']]) }, 'labels'],
    [{ ulimits: new Map([['nofile', 5]]) }, 'ulimits'],
    [{ mounts: Array(1) }, 'mounts[0]'],
  ] as [object, string][]) {
    it(`${JSON.stringify(options).slice(0, 90)} is refused by name`, () => {
      assert.equal(refusal(() => read(options)).option, option);
    });
  }

  it('an exec without a program is refused', () => {
    assert.equal(refusal(() => normaliseExecOptions({ command: [] })).option, 'command');
  });
});

describe('accepted values', () => {
  it('defaults are those of Docker', () => {
    const o = read({});
    assert.deepEqual(
      [o.stdin, o.stdout, o.stderr, o.network, o.shmSizeBytes, o.stopTimeoutMs, o.lifetime],
      ['ignore', 'pipe', 'pipe', 'none', 64 * 1024 * 1024, 10_000, 'scope'],
    );
    assert.deepEqual([o.ipc.mode, o.pid.mode, o.uts.mode], ['private', 'private', 'private']);
    assert.deepEqual([o.tty, o.init, o.readOnly, o.privileged, o.autoRemove], Array(5).fill(false));
  });

  it('an object and a list of variables are the same', () => {
    assert.deepEqual(read({ env: { A: '1', B: 2, C: true, D: undefined } }).env, [
      'A=1',
      'B=2',
      'C=true',
    ]);
    assert.deepEqual(read({ env: ['A=1', 'B=', 'C=a=b'] }).env, ['A=1', 'B=', 'C=a=b']);
  });

  it('a variable without value is passed on, or removed where this process has none', () => {
    process.env['SLIPWAY_TEST_VALUE'] = 'here';
    try {
      assert.deepEqual(read({ env: ['SLIPWAY_TEST_VALUE', 'SLIPWAY_TEST_NONE'] }).env, [
        'SLIPWAY_TEST_VALUE=here',
        'SLIPWAY_TEST_NONE',
      ]);
      assert.deepEqual(read({ env: { SLIPWAY_TEST_VALUE: null } }).env, [
        'SLIPWAY_TEST_VALUE=here',
      ]);
    } finally {
      delete process.env['SLIPWAY_TEST_VALUE'];
    }
  });

  for (const user of ['', 'root', '0', '1000:1000', 'www-data:', ':0', '2147483647', '1st']) {
    it(`user ${JSON.stringify(user)} is handed on as written`, () => {
      assert.equal(read({ user }).user, user);
    });
  }

  it('an entrypoint may be a text, and empty', () => {
    assert.deepEqual(read({ entrypoint: 'sh -c' }).entrypoint, ['sh -c']);
    assert.deepEqual(read({ entrypoint: '' }).entrypoint, []);
  });

  it('zero and -1 are no limit, as in Docker', () => {
    const o = read({
      memory: 0,
      cpus: 0,
      cpuShares: 0,
      cpuQuota: 0,
      pidsLimit: -1,
      blkioWeight: 0,
    });
    const { memoryBytes, nanoCpus, cpuShares, cpuQuotaUs, pidsLimit, blkioWeight } = o;
    const all = [memoryBytes, nanoCpus, cpuShares, cpuQuotaUs, pidsLimit, blkioWeight];
    assert.deepEqual(all, Array(6).fill(undefined));
  });

  it('security options set what they name', () => {
    const o = read({
      securityOpt: [
        'no-new-privileges',
        'seccomp=unconfined',
        'apparmor:unconfined',
        'systempaths=unconfined',
        'label=disable',
        'writable-cgroups=true',
      ],
    });
    assert.deepEqual(
      [o.noNewPrivileges, o.seccomp, o.apparmor, o.systemPathsUnconfined, o.writableCgroups],
      [true, 'unconfined', 'unconfined', true, true],
    );
    const profile = { defaultAction: 'SCMP_ACT_ALLOW' };
    assert.deepEqual(read({ securityOpt: [{ seccomp: profile }] }).seccomp, { profile });
    assert.equal(read({ securityOpt: ['no-new-privileges:false'] }).noNewPrivileges, false);
  });

  it('hosts are split at the first separator, so IPv6 works', () => {
    assert.deepEqual(read({ addHost: ['a:10.0.0.1', 'b=::1', 'c:[fe80::1]'] }).addHost, [
      { name: 'a', address: '10.0.0.1' },
      { name: 'b', address: '::1' },
      { name: 'c', address: 'fe80::1' },
    ]);
  });

  it('ulimits are read from both forms', () => {
    const both = [
      { type: 'RLIMIT_NOFILE', soft: 1024, hard: 2048 },
      { type: 'RLIMIT_CORE', soft: 2 ** 64, hard: 2 ** 64 },
    ];
    assert.deepEqual(read({ ulimits: ['nofile=1024:2048', 'core=-1'] }).ulimits, both);
    const ulimits = { nofile: { soft: 1024, hard: 2048 }, core: 'unlimited' };
    assert.deepEqual(read({ ulimits }).ulimits, both);
  });

  it('devices are read from all forms', () => {
    const device = (text: unknown) => {
      const [first] = read({ devices: [text] }).devices;
      return [first?.hostPath, first?.containerPath, first?.permissions];
    };
    assert.deepEqual(device('/dev/a'), ['/dev/a', '/dev/a', 'rwm']);
    assert.deepEqual(device('/dev/a:r'), ['/dev/a', '/dev/a', 'r']);
    assert.deepEqual(device('/dev/a:/dev/b'), ['/dev/a', '/dev/b', 'rwm']);
    assert.deepEqual(device('/dev/a:/dev/b:rw'), ['/dev/a', '/dev/b', 'rw']);
    assert.deepEqual(device({ hostPath: '/dev/a', permissions: 'm' }), ['/dev/a', '/dev/a', 'm']);
  });

  it('device rules keep stars as absent numbers', () => {
    assert.deepEqual(read({ deviceCgroupRules: ['c 10:* rw'] }).deviceCgroupRules, [
      { allow: true, type: 'c', major: 10, access: 'rw' },
    ]);
  });

  it('an exec has the defaults of a container', () => {
    const { env, tty, stdin, privileged, workdir } = normaliseExecOptions({ command: ['ls'] });
    assert.deepEqual(
      [env, tty, stdin, privileged, workdir],
      [[], false, 'ignore', false, undefined],
    );
  });
});
