// SPDX-License-Identifier: Apache-2.0
// A small Debian as a tar archive, made by mmdebstrap and kept between runs for
// as long as the recipe stays the same.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

const RECIPE = ['--quiet', '--variant=minbase', '--include=python3-minimal', 'bookworm'];

const cache = process.env['SLIPWAY_CACHE'] || '/var/tmp/slipway-ci';

/** The path of the archive, which is made at the first call: that takes about half a minute. */
export function debianArchive(): string {
  const key = createHash('sha256').update(JSON.stringify(RECIPE)).digest('hex').slice(0, 16);
  const archive = join(cache, `debian-${key}.tar`);
  if (existsSync(archive)) return archive;
  mkdirSync(cache, { recursive: true });
  const draft = join(cache, `draft-${process.pid}-${key}.tar`);
  const { status, stderr } = spawnSync('mmdebstrap', [...RECIPE, draft], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mmdebstrap failed: ${stderr.slice(-1000)}`);
  renameSync(draft, archive);
  return archive;
}
