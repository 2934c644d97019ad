// SPDX-License-Identifier: Apache-2.0
// The disks of this machine.
import { existsSync, readlinkSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** The node of the disk that a folder is on; undefined where it is on none, as a tmpfs. */
export function diskOf(folder: string): string | undefined {
  const { dev } = statSync(folder, { bigint: true });
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  const link = `/sys/dev/block/${major}:${minor}`;
  if (!existsSync(link)) return undefined;
  const [, name] = /([^/]+)$/.exec(readlinkSync(link)) ?? [];
  return existsSync(`${link}/partition`) ? undefined : `/dev/${name}`;
}

/** Whether the temporary folder is on a whole disk, whose traffic cgroups count. */
export function isDiskCounted(): boolean {
  const folder = '/sys/fs/cgroup';
  const counters = [`${folder}/blkio/blkio.reset_stats`, `${folder}/io.stat`];
  return diskOf(tmpdir()) !== undefined && counters.some((file) => existsSync(file));
}
