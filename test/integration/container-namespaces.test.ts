// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../../lib/index.js';
import { freshRoot, useBoxes } from '../helpers/boxes.js';
import { cgroupFile, cgroupFolder, cgroupsNamed, cgroupV2, namespaceOf } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';

describe('namespaces that are shared', () => {
  needs('root', 'busybox');
  const boxes = useBoxes();

  it('network host is the network of the machine', async () => {
    const box = await boxes.run({ network: 'host' });
    assert.equal(namespaceOf(box.pid, 'net'), namespaceOf('self', 'net'));
    assert.equal((await box.exec(['hostname'])).stdout, hostname());
  });

  it('pid host sees the processes of the machine', async () => {
    const box = await boxes.run({ pid: 'host' });
    assert.equal(namespaceOf(box.pid, 'pid'), namespaceOf('self', 'pid'));
    const { stdout } = await box.exec(['cat', `/proc/${process.pid}/comm`]);
    assert.equal(`${stdout}\n`, readFileSync(`/proc/${process.pid}/comm`, 'utf8'));
  });

  it('with pid host nothing outlives the container', async () => {
    const script = 'sleep 1234567 & sleep 1234567 & echo ready; read x';
    const box = await boxes.run({ pid: 'host', command: ['sh', '-c', script], stdin: 'pipe' });
    assert.equal((await box.stdout.lines().next()).value, 'ready');
    box.stdin.end();
    await box.wait();
    const left = await boxes.text('ps | grep -c "[s]leep 1234567" || true', { pid: 'host' });
    assert.equal(left, '0');
  });

  for (const type of ['ipc', 'uts'] as const) {
    it(`${type} host is that of the machine`, async () => {
      const box = await boxes.run({ [type]: 'host' });
      assert.equal(namespaceOf(box.pid, type), namespaceOf('self', type));
    });
  }

  for (const type of ['pid', 'ipc', 'uts'] as const) {
    it(`${type} container:<id> is that of another container`, async () => {
      const first = await boxes.run(type === 'ipc' ? { ipc: 'shareable' } : {});
      const second = await boxes.run({ [type]: `container:${first.id}` });
      assert.equal(namespaceOf(second.pid, type), namespaceOf(first.pid, type));
      for (const other of ['mnt', 'net'].filter((name) => name !== type)) {
        assert.notEqual(namespaceOf(second.pid, other), namespaceOf(first.pid, other));
      }
    });
  }

  for (const type of ['pid', 'ipc', 'uts'] as const) {
    it(`${type} container:<id> is that of the other's present run`, async () => {
      const first = await boxes.run(type === 'ipc' ? { ipc: 'shareable' } : {});
      const second = await boxes.create({ [type]: `container:${first.id}` });
      await first.kill();
      await first.wait();
      await assert.rejects(second.start(), {
        code: 'ESRCH',
        step: 'join namespace',
        path: `container:${first.id}`,
        hint: 'that container is not running',
      });
      await first.start();
      await second.start();
      assert.equal(namespaceOf(second.pid, type), namespaceOf(first.pid, type));
    });
  }

  it('with ipc of another container /dev/shm is shared too', async () => {
    const first = await boxes.run({ ipc: 'shareable', name: 'owner' });
    await first.exec(['sh', '-c', 'echo shared > /dev/shm/x']);
    assert.equal(await boxes.text('cat /dev/shm/x', { ipc: 'container:owner' }), 'shared');
  });

  it('a namespace of a container that is not there is refused', async () => {
    await assert.rejects(boxes.run({ pid: 'container:none' }), { name: 'NotFoundError' });
  });

  it('hostname and domainname are those that were asked for', async () => {
    const options = { hostname: 'web', domainname: 'example.test' };
    const script = 'hostname; cat /etc/hostname /proc/sys/kernel/domainname';
    assert.equal(await boxes.text(script, options), 'web\nweb\nexample.test');
  });

  it('addHost and dns are in the files of /etc', async () => {
    const options = {
      addHost: { db: '10.0.0.9' },
      dns: ['10.1.1.1'],
      dnsSearch: ['a.test'],
      dnsOption: ['ndots:2'],
    };
    const output = await boxes.text('cat /etc/hosts /etc/resolv.conf', options);
    assert.match(output, /^10\.0\.0\.9\s+db$/m);
    assert.match(output, /^search a\.test$/m);
    assert.match(output, /^nameserver 10\.1\.1\.1$/m);
    assert.match(output, /^options ndots:2$/m);
  });

  it('cgroupParent is the parent of the cgroup, and goes with the engine that made it', async () => {
    const cgroupParent = `/slipway-test-${process.pid}/below`;
    const engine = new Engine({ root: freshRoot() });
    const box = await boxes.run({ engine, image: 'host', cgroupParent, memory: '64m' });
    assert.ok(cgroupFolder(box.pid, 'memory').includes(`${cgroupParent}/`));
    assert.match(cgroupFile(box.pid, 'memory', 'cgroup.procs'), new RegExp(`^${box.pid}$`, 'm'));
    await engine.close();
    rmSync(engine.root, { recursive: true });
    assert.deepEqual(cgroupsNamed(`slipway-test-${process.pid}`), []);
  });

  it('cgroupParent stays when it was there before', async () => {
    const name = `slipway-test-${process.pid}`;
    const folder = join('/sys/fs/cgroup', cgroupV2 ? '' : 'pids', name);
    mkdirSync(folder);
    try {
      const engine = new Engine({ root: freshRoot() });
      await boxes.run({ engine, image: 'host', cgroupParent: `/${name}` });
      await engine.close();
      rmSync(engine.root, { recursive: true });
      assert.ok(cgroupsNamed(name).includes(folder));
      assert.deepEqual(
        cgroupsNamed(name).filter((left) => !left.endsWith(name)),
        [],
      );
    } finally {
      for (const left of cgroupsNamed(name)) rmdirSync(left);
    }
  });
});
