// SPDX-License-Identifier: Apache-2.0
// Options of mounts that a configuration may have, by what they do to files.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContainerOptions } from '../../lib/index.js';
import type { Mount } from '../../lib/spec/types.js';
import { useBoxes } from '../helpers/boxes.js';
import { needs } from '../helpers/needs.js';
import { SpecBox } from '../helpers/specs.js';

const HOUR = 3600;

describe('options of a mount', () => {
  needs('root', 'busybox');
  const boxes = useBoxes();
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-mount-'));
    writeFileSync(join(folder, 'file'), 'from the host\n');
    symlinkSync('file', join(folder, 'link'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const start = (mount: Mount, options: Partial<ContainerOptions> = {}) =>
    SpecBox.start(
      boxes,
      (usual) => ({ ...usual, mounts: [...(usual.mounts ?? []), mount] }),
      options,
    );
  const bind = (...options: string[]): Mount => {
    return { destination: '/m', type: 'bind', source: folder, options: ['rbind', ...options] };
  };
  const tmpfs = (destination: string, ...options: string[]): Mount => {
    return { destination, type: 'tmpfs', source: 'tmpfs', options };
  };

  it('nosymfollow: links are there, and not followed', async () => {
    await using plain = await start(bind());
    assert.equal(await plain.text('cat /m/link'), 'from the host');
    for (const option of ['nosymfollow', 'rnosymfollow']) {
      await using box = await start(bind(option));
      const script = 'readlink /m/link; cat /m/file; cat /m/link 2>&1 || true';
      const lines = (await box.text(script)).split('\n');
      assert.deepEqual(lines.slice(0, 2), ['file', 'from the host']);
      assert.match(lines[2] ?? '', /Too many levels of symbolic links|Symbolic link loop/, option);
    }
  });

  it('tmpcopyup: a tmpfs begins with what was there, owners and modes too', async () => {
    const look = "cd /etc && ls && stat -c '%n %a %u %g' passwd && sha256sum passwd";
    const expected = await boxes.text(look);
    await using box = await start(tmpfs('/etc', 'tmpcopyup', 'mode=755'));
    assert.equal(await box.text(look), expected);
    const script =
      'echo changed > /etc/passwd; cat /etc/passwd; grep -c " /etc tmpfs " /proc/mounts';
    assert.equal(await box.text(script), 'changed\n1');
    assert.equal(await boxes.text(look), expected);
  });

  it('tmpcopyup with ro: it is filled and then closed', async () => {
    await using box = await start(tmpfs('/home', 'tmpcopyup', 'ro'));
    assert.equal(await box.text('ls /home'), 'app');
    assert.match(await box.text('touch /home/x 2>&1 || true'), /Read-only file system/);
  });

  it('unbindable: not even CAP_SYS_ADMIN can bind it elsewhere', async () => {
    const script = 'mkdir /n && mount -o bind /m /n 2>&1 && cat /n/file; true';
    for (const [options, expected] of [
      [[], /^from the host$/],
      [['unbindable'], /Invalid argument/],
      [['runbindable'], /Invalid argument/],
    ] as const) {
      await using box = await start(bind(...options), { capAdd: ['SYS_ADMIN'] });
      assert.match(await box.text(script), expected, options.join());
      const { length } = options;
      const lines = await box.text('grep " /m " /proc/self/mountinfo | grep -c unbindable || true');
      assert.equal(lines, `${length}`);
    }
  });

  // Relatime leaves a time that is past the last change, if only by a clock that goes wrong.
  it('strictatime, relatime and noatime: when a read counts', async () => {
    const now = Date.now() / 1000;
    const path = join(folder, 'file');
    for (const [option, counts] of [
      ['strictatime', true],
      ['rstrictatime', true],
      ['relatime', false],
      ['norelatime', true],
      ['noatime', false],
    ] as const) {
      utimesSync(path, now + HOUR, now);
      await using box = await start(bind(option));
      await box.text('cat /m/file');
      assert.equal(statSync(path).atimeMs / 1000 < now + HOUR / 2, counts, option);
    }
  });
});
