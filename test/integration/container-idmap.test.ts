// SPDX-License-Identifier: Apache-2.0
// Mounts with mapped ids, which no option makes: asked of the supervisor itself.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Mount, Spec } from '../../lib/spec/types.js';
import { useBoxes } from '../helpers/boxes.js';
import { needs } from '../helpers/needs.js';

const MAPPED = [{ containerID: 0, hostID: 5000, size: 1000 }];
const BARE: Mount = { destination: '/mnt', source: '/etc', type: 'bind', options: ['idmap'] };
const WHOLE: Mount = { ...BARE, uidMappings: MAPPED, gidMappings: MAPPED };

describe('mounts with mapped ids', () => {
  needs('root', 'busybox');
  const boxes = useBoxes();

  async function start(mount: Mount, linux: Spec['linux'] = {}, args: string[] = ['true']) {
    const supervisor = await boxes.engine.supervisor();
    const namespaces = [{ type: 'mount' }, { type: 'pid' }, ...(linux.namespaces ?? [])];
    const spec = {
      ociVersion: '1.2.0',
      process: { user: { uid: 0, gid: 0 }, cwd: '/', args, env: ['PATH=/bin'] },
      mounts: [mount],
      linux: { ...linux, namespaces },
    };
    const { lower } = boxes.image.layers();
    const rootfs = { overlays: [{ target: '/', lower }] };
    const { uidMappings, gidMappings } = linux;
    const shape = { namespaces, uidMappings, gidMappings, cgroup: false };
    const ended = new Promise<number>((resolve) => {
      supervisor.onExit('idmap', ({ exitCode }) => resolve(exitCode));
    });
    try {
      const plan = JSON.stringify({ id: 'idmap', rootfs, spec });
      await supervisor.request('start', { id: 'idmap', autoRemove: true, shape }, plan);
      return await ended;
    } finally {
      supervisor.forgetExit('idmap');
    }
  }

  const refused = (hint: string) => ({
    code: 'ENOTSUP',
    step: 'read plan',
    path: 'idmap of /mnt',
    hint,
  });
  const folders = () => readdirSync(join(boxes.engine.root, 'scope')).length;

  it('show files with the ids that the mappings give', async () => {
    const script = 'test "$(stat -c %u:%g /mnt/passwd)" = 5000:5000';
    assert.equal(await start(WHOLE, {}, ['sh', '-c', script]), 0);
  });

  it('are refused by name without mappings of their own', async () => {
    const hint = 'idmap needs uidMappings and gidMappings of the mount';
    for (const mount of [BARE, { ...BARE, options: ['ridmap'] }, { ...WHOLE, gidMappings: [] }]) {
      await assert.rejects(start(mount), refused(hint));
    }
  });

  it('are refused by name in another user namespace, and nothing is made', async () => {
    const linux: Spec['linux'] = {
      namespaces: [{ type: 'user' }],
      uidMappings: [{ containerID: 0, hostID: 100_000, size: 65_536 }],
      gidMappings: [{ containerID: 0, hostID: 100_000, size: 65_536 }],
    };
    const hint = 'a mount with idmap in another user namespace is not supported yet';
    const before = folders();
    for (const mount of [BARE, WHOLE]) await assert.rejects(start(mount, linux), refused(hint));
    assert.equal(folders(), before);
  });
});
