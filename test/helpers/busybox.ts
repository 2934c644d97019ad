// SPDX-License-Identifier: Apache-2.0
// A small image with nothing in it but busybox and three accounts, the same on
// every machine. Tests that use it begin with needs('busybox').
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Engine, Image } from '../../lib/index.js';

const FOLDERS = ['bin', 'dev', 'etc', 'home/app', 'proc', 'root', 'sys', 'tmp', 'usr/bin', 'var'];

// A name of digits is there to be mistaken for a user id.
const PASSWD = `root:x:0:0:root:/root:/bin/sh
app:x:1000:1000::/home/app:/bin/sh
2000:x:0:0::/root:/bin/sh
`;
const GROUP = `root:x:0:
app:x:1000:
extra:x:3000:app
more:x:3001:app
2001:x:0:
`;

/** Makes the root file system in `folder`, which must be empty or not there. */
export function makeBusyboxRoot(folder: string): void {
  for (const name of FOLDERS) mkdirSync(join(folder, name), { recursive: true });
  const busybox = execFileSync('which', ['busybox'], { encoding: 'utf8' }).trim();
  const program = join(folder, 'bin/busybox');
  copyFileSync(busybox, program);
  for (const applet of execFileSync(program, ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    if (applet !== 'busybox') symlinkSync('busybox', join(folder, 'bin', applet));
  }
  writeFileSync(join(folder, 'etc/passwd'), PASSWD);
  writeFileSync(join(folder, 'etc/group'), GROUP);
}

/** The image `busybox:test` of an engine. */
export async function importBusybox(engine: Engine): Promise<Image> {
  const folder = `${engine.root}.busybox`;
  try {
    makeBusyboxRoot(folder);
    return await Image.import(folder, {
      engine,
      tag: 'busybox:test',
      changes: { command: ['sh'] },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
