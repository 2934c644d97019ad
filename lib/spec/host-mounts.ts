// SPDX-License-Identifier: Apache-2.0
// How mounts of the host pass on what is mounted below them.
import { readFileSync } from 'node:fs';

/** Whether the mount that holds `path` is `shared`, or at least a `slave` of another. */
export function isPropagated(
  path: string,
  kind: 'shared' | 'slave',
  mountinfo = readFileSync('/proc/self/mountinfo', 'utf8'),
): boolean {
  const mounts = mountinfo.split('\n').map(parse);
  let holder = { point: '', tags: [] as string[] };
  // Of several mounts on one point the last is on top.
  for (const mount of mounts) {
    if (contains(mount.point, path) && mount.point.length >= holder.point.length) holder = mount;
  }
  const shared = holder.tags.some((tag) => tag.startsWith('shared:'));
  return shared || (kind === 'slave' && holder.tags.some((tag) => tag.startsWith('master:')));
}

function parse(line: string): { point: string; tags: string[] } {
  const fields = line.split(' ');
  const end = fields.indexOf('-');
  return { point: unquote(fields[4] ?? ''), tags: fields.slice(6, Math.max(end, 6)) };
}

// The kernel writes space, tab, line end and backslash as octal.
function unquote(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

function contains(point: string, path: string): boolean {
  return point === '/' || path === point || (point !== '' && path.startsWith(`${point}/`));
}
