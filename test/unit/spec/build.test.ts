// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { normaliseOptions } from '../../../lib/container/validate.js';
import { InvalidArgumentError } from '../../../lib/errors.js';
import { buildSpec } from '../../../lib/spec/build.js';
import { RLIM_INFINITY } from '../../../lib/spec/types.js';
import { build, facts, ID, ROOTLESS_V1, V2 } from '../../helpers/facts.js';

const option = (name: string) => (error: unknown) => {
  assert.ok(error instanceof InvalidArgumentError, String(error));
  assert.equal(error.option, name);
  return true;
};

describe('a container without options', () => {
  const { spec, extras, warnings } = build();

  it('has its own namespaces, and the cgroup one on v2 only', () => {
    const types = (built: typeof spec) => built.linux?.namespaces?.map(({ type }) => type);
    assert.deepEqual(types(spec), ['mount', 'network', 'uts', 'pid', 'ipc']);
    assert.deepEqual(types(build({}, V2).spec), [
      'mount',
      'network',
      'uts',
      'pid',
      'ipc',
      'cgroup',
    ]);
  });

  it('has the 14 capabilities, none of them inheritable or ambient', () => {
    const sets = spec.process?.capabilities;
    assert.equal(sets?.bounding?.length, 14);
    assert.deepEqual(sets?.effective, sets?.bounding);
    assert.deepEqual(sets?.permitted, sets?.bounding);
    assert.deepEqual([sets?.inheritable, sets?.ambient], [[], []]);
  });

  it('hides and locks the paths of Docker, with the thermal counters of each processor', () => {
    const { maskedPaths = [], readonlyPaths } = spec.linux ?? {};
    assert.ok(maskedPaths.includes('/proc/kcore') && maskedPaths.includes('/sys/firmware'));
    assert.ok(maskedPaths.includes('/sys/devices/system/cpu/cpu1/thermal_throttle'));
    assert.equal(maskedPaths.length, 14);
    assert.deepEqual(readonlyPaths, [
      '/proc/bus',
      '/proc/fs',
      '/proc/irq',
      '/proc/sys',
      '/proc/sysrq-trigger',
    ]);
  });

  it('may open the default devices and no other', () => {
    const [first, ...rest] = spec.linux?.resources?.devices ?? [];
    assert.deepEqual(first, { allow: false, access: 'rwm' });
    const opened = rest.filter(({ access }) => access?.includes('r'));
    assert.deepEqual(
      opened.map(({ major, minor }) => `${major}:${minor ?? '*'}`),
      ['1:3', '1:5', '1:7', '1:8', '1:9', '5:0', '5:1', '5:2', '136:*'],
    );
    assert.ok(rest.filter((rule) => !opened.includes(rule)).every(({ access }) => access === 'm'));
  });

  it('is named after its id', () => {
    assert.equal(spec.hostname, ID.slice(0, 12));
    assert.ok(spec.process?.env?.includes(`HOSTNAME=${ID.slice(0, 12)}`));
    const file = extras.files.find(({ path }) => path === '/etc/hostname');
    assert.equal(file?.content, `${ID.slice(0, 12)}\n`);
  });

  it('has a filter, no limits, and is stopped with SIGTERM and ten seconds', () => {
    assert.equal(extras.seccomp?.defaultAction, 'SCMP_ACT_ERRNO');
    assert.deepEqual(Object.keys(spec.linux?.resources ?? {}), ['devices']);
    assert.deepEqual([extras.stopSignal, extras.stopTimeoutMs], [15, 10_000]);
    assert.deepEqual(warnings, []);
  });

  it('may open low ports and ping in its own network', () => {
    assert.deepEqual(spec.linux?.sysctl, {
      'net.ipv4.ip_unprivileged_port_start': '0',
      'net.ipv4.ping_group_range': '0 2147483647',
    });
  });

  it('shares what is constant with the next container of the machine', () => {
    const machine = facts();
    const make = () =>
      buildSpec({
        options: normaliseOptions({ image: 'host', command: ['true'] }),
        id: ID,
        imageConfig: {},
        machine,
      });
    const [a, b] = [make(), make()];
    assert.equal(a.spec.mounts, b.spec.mounts);
    assert.equal(a.spec.process?.capabilities, b.spec.process?.capabilities);
    assert.equal(a.extras.seccomp, b.extras.seccomp);
    assert.notEqual(a.spec.linux, b.spec.linux);
    assert.notEqual(a.spec.linux?.resources, b.spec.linux?.resources);
  });
});

describe('rights', () => {
  const bounding = (options: Parameters<typeof build>[0], machine = {}) =>
    build(options, machine).spec.process?.capabilities?.bounding ?? [];

  for (const [options, expected] of [
    [{ capDrop: ['ALL'] }, []],
    [{ capDrop: ['all'], capAdd: ['chown', 'CAP_KILL'] }, ['CAP_CHOWN', 'CAP_KILL']],
    [{ capAdd: ['CHOWN'], capDrop: ['CHOWN', 'ALL'] }, ['CAP_CHOWN']],
  ] as const) {
    it(`${JSON.stringify(options)} leaves ${expected.join() || 'nothing'}`, () => {
      assert.deepEqual(bounding(options), expected);
    });
  }

  it('ALL is all but those dropped', () => {
    const names = bounding({ capAdd: ['ALL'], capDrop: ['SYS_ADMIN'] });
    assert.equal(names.length, 40);
    assert.equal(names.includes('CAP_SYS_ADMIN'), false);
  });

  it('the default set is cut down to what the engine has, what was asked for is not', () => {
    const capabilities = ['CAP_CHOWN', 'CAP_KILL'];
    assert.deepEqual(bounding({}, { capabilities }), capabilities);
    assert.throws(() => bounding({ capAdd: ['SYS_TIME'] }, { capabilities }), option('capAdd'));
  });

  it('a privileged container has everything and no filter', () => {
    const { spec, extras } = build({ privileged: true });
    assert.equal(spec.process?.capabilities?.bounding?.length, 41);
    assert.deepEqual([spec.linux?.maskedPaths, spec.linux?.readonlyPaths], [[], []]);
    assert.deepEqual(spec.linux?.resources?.devices, [{ allow: true, access: 'rwm' }]);
    assert.equal(extras.seccomp, null);
    const sys = spec.mounts?.find(({ destination }) => destination === '/sys');
    assert.equal(sys?.options?.includes('ro'), false);
  });

  it('a privileged container has a filter when one is named, and loses what is dropped', () => {
    const built = build({ privileged: true, securityOpt: ['seccomp=builtin'], capDrop: ['BPF'] });
    assert.equal(built.extras.seccomp?.defaultAction, 'SCMP_ACT_ERRNO');
    assert.equal(built.spec.process?.capabilities?.bounding?.length, 40);
  });

  it("a caller's filter is used, and a wrong one refused", () => {
    const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [] };
    const { extras } = build({ securityOpt: [{ seccomp: profile }] });
    assert.equal(extras.seccomp?.defaultAction, 'SCMP_ACT_ALLOW');
    const wrong = { securityOpt: [{ seccomp: { defaultAction: 'ALLOW' } }] };
    assert.throws(() => build(wrong), option('seccomp.defaultAction'));
  });

  it('the filter follows the capabilities', () => {
    const names = (capAdd: string[]) =>
      build({ capAdd }).extras.seccomp?.syscalls?.flatMap((rule) => rule.names) ?? [];
    assert.equal(names([]).includes('mount'), false);
    assert.ok(names(['SYS_ADMIN']).includes('mount'));
  });

  it('an AppArmor profile needs AppArmor', () => {
    const options = { securityOpt: ['apparmor=mine'] };
    assert.equal(build(options, { lsm: ['apparmor'] }).spec.process?.apparmorProfile, 'mine');
    assert.throws(() => build(options), option('securityOpt'));
    assert.equal(
      build({ securityOpt: ['apparmor=unconfined'] }).spec.process?.apparmorProfile,
      undefined,
    );
  });

  it('system paths can be left open, cgroups writable, new privileges refused', () => {
    const options = ['systempaths=unconfined', 'writable-cgroups=true', 'no-new-privileges'];
    const { spec } = build({ securityOpt: options });
    assert.deepEqual([spec.linux?.maskedPaths, spec.linux?.readonlyPaths], [[], []]);
    const at = (path: string) =>
      spec.mounts?.find(({ destination }) => destination === path)?.options;
    assert.equal(at('/sys/fs/cgroup')?.includes('ro'), false);
    assert.equal(at('/sys')?.includes('ro'), true);
    assert.equal(spec.process?.noNewPrivileges, true);
  });

  it('settings of a namespace shared with the machine are refused', () => {
    const net = { sysctls: { 'net.core.somaxconn': 1 } };
    assert.equal(build(net).spec.linux?.sysctl?.['net.core.somaxconn'], '1');
    assert.throws(() => build({ ...net, network: 'host' }), option('sysctls.net.core.somaxconn'));
    const ipc = { sysctls: ['kernel.shmmax=1'], ipc: 'host' };
    assert.throws(() => build(ipc), option('sysctls.kernel.shmmax'));
    assert.deepEqual(build({ network: 'host' }).spec.linux?.sysctl, {});
  });

  it('limits of this process are cut down for our own default only', () => {
    const rlimits = (options: Parameters<typeof build>[0], machine = {}) =>
      build(options, machine).spec.process?.rlimits;
    const nofile = { type: 'RLIMIT_NOFILE' };
    assert.deepEqual(rlimits({}), [{ ...nofile, soft: 1024, hard: 524_288 }]);
    const poor = { hasSysResource: false };
    assert.deepEqual(rlimits({}, poor), [{ ...nofile, soft: 1024, hard: 20_000 }]);
    // What the program itself is limited to or may more than usual.
    const odd = {
      hasSysResource: false,
      rlimits: {
        RLIMIT_AS: { soft: 1 << 30, hard: RLIM_INFINITY },
        RLIMIT_STACK: { soft: 1 << 20, hard: 2 << 20 },
        RLIMIT_RTPRIO: { soft: 99, hard: 99 },
        RLIMIT_NICE: { soft: 0, hard: 0 },
      },
    };
    const others = [
      { type: 'RLIMIT_STACK', soft: 2 << 20, hard: 2 << 20 },
      { type: 'RLIMIT_AS', soft: RLIM_INFINITY, hard: RLIM_INFINITY },
      { type: 'RLIMIT_RTPRIO', soft: 0, hard: 0 },
    ];
    assert.deepEqual(rlimits({}, odd)?.slice(1), others);
    assert.deepEqual(rlimits({ ulimits: { rtprio: 50 } }, odd)?.slice(1), [
      ...others.slice(0, 2),
      { type: 'RLIMIT_RTPRIO', soft: 50, hard: 50 },
    ]);
    assert.throws(() => rlimits({ ulimits: { nofile: 20_001 } }, poor), option('ulimits.nofile'));
    assert.deepEqual(rlimits({ ulimits: { nofile: 9 } }, poor), [{ ...nofile, soft: 9, hard: 9 }]);
  });

  it('protection from running out of memory is not handed on', () => {
    const adj = (options: Parameters<typeof build>[0], oomScoreAdj: number) =>
      build(options, { oomScoreAdj, hasSysResource: false }).spec.process?.oomScoreAdj;
    assert.deepEqual([adj({}, 0), adj({}, -500), adj({ oomScoreAdj: 5 }, 0)], [undefined, 0, 5]);
    assert.throws(() => adj({ oomScoreAdj: -1 }, 0), option('oomScoreAdj'));
  });
});

describe('namespaces', () => {
  const runningId = (container: string) => {
    assert.equal(container, 'other');
    return ID;
  };

  it("another container's are joined by its id", () => {
    const options = { ipc: 'container:other', pid: 'container:other', uts: 'container:other' };
    const { spec, extras } = build(options, {}, { runningId });
    const paths = spec.linux?.namespaces?.filter(({ path }) => path !== undefined);
    assert.deepEqual(paths, [
      { type: 'uts', path: `container:${ID}` },
      { type: 'pid', path: `container:${ID}` },
      { type: 'ipc', path: `container:${ID}` },
    ]);
    assert.equal(extras.shmFrom, `container:${ID}`);
    assert.equal(
      spec.mounts?.some((m) => m.destination === '/dev/shm' && m.type === 'bind'),
      true,
    );
    assert.equal(spec.hostname, undefined);
  });

  it('without a way to find containers, joining is refused', () => {
    assert.throws(() => build({ pid: 'container:other' }), option('pid'));
  });

  it("the machine's are left out", () => {
    const { spec } = build({ ipc: 'host', pid: 'host', uts: 'host', network: 'host' }, V2);
    assert.deepEqual(spec.linux?.namespaces, [{ type: 'mount' }, { type: 'cgroup' }]);
    assert.equal(spec.hostname, undefined);
    assert.ok(spec.process?.env?.includes('HOSTNAME=machine'));
    const shm = spec.mounts?.find(({ destination }) => destination === '/dev/shm');
    assert.deepEqual([shm?.type, shm?.source], ['bind', '/dev/shm']);
  });

  it('a path is joined as it is', () => {
    const { spec } = build({ cgroupns: 'ns:/run/ns/x' });
    assert.deepEqual(spec.linux?.namespaces?.at(-1), { type: 'cgroup', path: '/run/ns/x' });
  });

  it('a user namespace has its mappings, and no group for terminals it cannot name', () => {
    const make = (size: number) => {
      const mappings = [{ containerId: 0, hostId: 100_000, size }];
      return build({ usernsMode: 'private', uidMappings: mappings, gidMappings: mappings }).spec;
    };
    const spec = make(65_536);
    assert.deepEqual(spec.linux?.namespaces?.[0], { type: 'user' });
    assert.deepEqual(spec.linux?.uidMappings, [{ containerID: 0, hostID: 100_000, size: 65_536 }]);
    const gid5 = (mounts: typeof spec.mounts) =>
      mounts?.find(({ type }) => type === 'devpts')?.options?.includes('gid=5');
    assert.deepEqual([gid5(spec.mounts), gid5(make(5).mounts)], [true, false]);
    assert.equal(spec.linux?.sysctl?.['net.ipv4.ping_group_range'], undefined);
  });

  it('a user namespace with mappings of its own is refused without root', () => {
    const mappings = ['0:100000:65536'];
    const own = { usernsMode: 'private', uidMappings: mappings, gidMappings: mappings } as const;
    assert.throws(() => build(own, ROOTLESS_V1), option('usernsMode'));
  });

  it('a cgroup path is written only below a parent that was asked for', () => {
    assert.equal(build().spec.linux?.cgroupsPath, undefined);
    assert.equal(build({ cgroupParent: 'a/b/' }).spec.linux?.cgroupsPath, `/a/b/${ID}`);
    assert.equal(build({ cgroupParent: '/' }).spec.linux?.cgroupsPath, `/${ID}`);
  });
});

describe('without root', () => {
  it('there is no cgroup of v1, no rule for devices and no group for terminals', () => {
    const { spec } = build({}, ROOTLESS_V1);
    assert.equal(
      spec.mounts?.some(({ type }) => type === 'cgroup'),
      false,
    );
    assert.deepEqual(spec.linux?.resources, {});
    const pts = spec.mounts?.find(({ type }) => type === 'devpts');
    assert.equal(pts?.options?.includes('gid=5'), false);
  });

  it('the cgroup of v2 is mounted', () => {
    const { spec } = build({}, { ...ROOTLESS_V1, ...V2 });
    assert.ok(spec.mounts?.some(({ type }) => type === 'cgroup'));
  });

  it('what shows namespaces of the host is bound, not mounted', () => {
    const { spec } = build({ network: 'host', pid: 'host' }, ROOTLESS_V1);
    const at = (path: string) => spec.mounts?.find(({ destination }) => destination === path);
    assert.deepEqual([at('/sys')?.type, at('/sys')?.options?.at(-1)], ['bind', 'ro']);
    assert.equal(at('/proc')?.type, 'bind');
  });

  it('devices are bound from the host', () => {
    const { spec } = build({ devices: ['/dev/null:/dev/mine:r'] }, ROOTLESS_V1);
    assert.deepEqual(spec.linux?.devices, []);
    assert.deepEqual(spec.mounts?.at(-1), {
      destination: '/dev/mine',
      type: 'bind',
      source: '/dev/null',
      options: ['bind', 'nosuid', 'noexec', 'ro'],
    });
    assert.throws(
      () => build({ deviceCgroupRules: ['c 1:* r'] }, ROOTLESS_V1),
      option('deviceCgroupRules'),
    );
  });

  for (const [options, name] of [
    [{ memory: '64m' }, 'memory'],
    [{ cpus: 1 }, 'cpus'],
    [{ cpuShares: 2 }, 'cpuShares'],
    [{ pidsLimit: 5 }, 'pidsLimit'],
    [{ cpusetCpus: '0' }, 'cpusetCpus'],
    [{ blkioWeight: 10 }, 'blkioWeight'],
  ] as const) {
    it(`${name} is refused on cgroup v1, with what to do`, () => {
      assert.throws(
        () => build(options, ROOTLESS_V1),
        (error) => {
          assert.match((error as InvalidArgumentError).hint ?? '', /run as root or on cgroup v2/);
          return option(name)(error);
        },
      );
    });
  }
});
