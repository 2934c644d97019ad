// SPDX-License-Identifier: Apache-2.0
// What a container sees in a cgroup or time namespace.
import assert from 'node:assert/strict';
import { useBoxes } from '../helpers/boxes.js';
import { namespaceOf } from '../helpers/host.js';
import { needs } from '../helpers/needs.js';
import { type Change, linux, SpecBox } from '../helpers/specs.js';

describe('a cgroup namespace', () => {
  needs('root', 'busybox', 'cgroups');
  const boxes = useBoxes();

  it('of its own shows the cgroup of the container as the root', async () => {
    const box = await boxes.run({ cgroupns: 'private' });
    assert.notEqual(namespaceOf(box.pid, 'cgroup'), namespaceOf('self', 'cgroup'));
    const { stdout = '' } = await box.exec(['cat', '/proc/1/cgroup', '/proc/self/cgroup']);
    assert.match(stdout, /^\d+:.*:\/$/m);
    assert.doesNotMatch(stdout, /slipway/);
  });

  it('of the machine shows where the container is', async () => {
    const box = await boxes.run({ cgroupns: 'host' });
    assert.equal(namespaceOf(box.pid, 'cgroup'), namespaceOf('self', 'cgroup'));
    const { stdout = '' } = await box.exec(['cat', '/proc/1/cgroup']);
    assert.match(stdout, /:\/slipway\//);
  });

  it('of another container is joined by its id', async () => {
    const first = await boxes.run({ cgroupns: 'private' });
    const second = await boxes.run({ cgroupns: `container:${first.id}` });
    assert.equal(namespaceOf(second.pid, 'cgroup'), namespaceOf(first.pid, 'cgroup'));
    const { stdout = '' } = await second.exec(['cat', '/proc/1/cgroup']);
    assert.match(stdout, /:\/\.\.\/\d+$/m); // beside the root
  });
});

describe('a time namespace', () => {
  needs('root', 'busybox');
  const boxes = useBoxes();
  const time = (offsets: Record<string, object>): Change =>
    linux({
      namespaces: [{ type: 'mount' }, { type: 'pid' }, { type: 'time' }],
      sysctl: {},
      timeOffsets: offsets as never,
    });
  const DAY = 86_400;
  const uptime = async (box: SpecBox) => Number((await box.text('cat /proc/uptime')).split(' ')[0]);

  it('moves the time since boot by its offset, for every process inside', async () => {
    await using plain = await SpecBox.start(boxes, time({}));
    await using moved = await SpecBox.start(boxes, time({ boottime: { secs: 7 * DAY } }));
    const apart = (await uptime(moved)) - (await uptime(plain));
    assert.ok(apart > 7 * DAY - 1 && apart < 7 * DAY + 60, `${apart} s`);
    assert.notEqual(namespaceOf(moved.pid, 'time'), namespaceOf('self', 'time'));
    assert.equal(await moved.text('readlink /proc/1/ns/time'), namespaceOf(moved.pid, 'time'));
  });

  it('has an offset of each clock, nanoseconds too', async () => {
    const offsets = { monotonic: { secs: 5, nanosecs: 250 }, boottime: { secs: 7 } };
    await using box = await SpecBox.start(boxes, time(offsets));
    const lines = (await box.text('cat /proc/1/timens_offsets')).split('\n');
    const words = lines.map((line) => line.trim().split(/\s+/).join(' '));
    assert.deepEqual(words, ['monotonic 5 250', 'boottime 7 0']);
  });

  it('is refused where its clock would begin before zero', async () => {
    const start = SpecBox.start(boxes, time({ boottime: { secs: -1_000_000_000 } }));
    await assert.rejects(start, { step: 'enter time namespace', code: 'ERANGE' });
  });
});
