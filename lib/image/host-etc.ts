// SPDX-License-Identifier: Apache-2.0
// The part of this machine's /etc that programs need and that tells nothing
// about it: a list of what is let through, never of what is held back.
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';

/** What the embedded image's /etc is filled with; paths are relative to it. */
export type EtcEntry =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'file'; readonly path: string; readonly content: Buffer; mode: number };

const NAMES: readonly (string | RegExp)[] = [
  'alternatives',
  'bash.bashrc',
  'bindresvport.blacklist',
  'ca-certificates.conf',
  'crypto-policies',
  'ethertypes',
  'fonts',
  'gai.conf',
  'host.conf',
  'inputrc',
  'issue',
  'issue.net',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'locale.alias',
  'locale.conf',
  'localtime',
  'login.defs',
  'magic',
  'magic.mime',
  'mime.types',
  'networks',
  'os-release',
  'perl',
  'pki/ca-trust/extracted',
  'pki/tls/cert.pem',
  'pki/tls/certs',
  'pki/tls/openssl.cnf',
  'profile',
  'protocols',
  'rpc',
  'services',
  'shells',
  'ssl/cert.pem',
  'ssl/certs',
  'ssl/openssl.cnf',
  'terminfo',
  'timezone',
  /^(debian_version|lsb-release|[a-z]+-release)$/,
  /^java-\d+-openjdk$/,
  /^python\d[\d.]*$/,
];

const WRITTEN: Readonly<Record<string, string>> = {
  'nsswitch.conf': [
    'passwd: files',
    'group: files',
    'shadow: files',
    'hosts: files dns',
    'networks: files',
    'protocols: files',
    'services: files',
    'ethers: files',
    'rpc: files',
    '',
  ].join('\n'),
  hosts: '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n',
  hostname: 'localhost\n',
  'resolv.conf': '',
};

const MAX_FILE_BYTES = 4 * 1024 * 1024;
const FIRST_USER_ID = 1000;
const NOBODY = 65_534;
const WORLD_READABLE = 0o004;

/** The paths in `etc` that are let through and exist. */
export function allowedPaths(etc: string): string[] {
  const there = readdirSync(etc);
  const allowed = NAMES.flatMap((name) => {
    return typeof name === 'string' ? [name] : there.filter((entry) => name.test(entry));
  });
  return [...new Set(allowed)].sort();
}

/** All entries, parents first. One at a time, so that the caller can pause between them. */
export function* etcEntries(etc: string): Generator<EtcEntry> {
  const made = new Set<string>();
  for (const path of allowedPaths(etc)) {
    const status = statOf(join(etc, path));
    if (status === undefined) continue;
    yield* parentsOf(path, made);
    yield* copyOf(etc, path, status, made);
  }
  for (const [path, text] of Object.entries(WRITTEN)) yield fileOf(path, text);
  yield fileOf(
    'passwd',
    accounts(join(etc, 'passwd')).map((user) => user.join(':')),
  );
  yield fileOf('group', groups(etc));
  yield { kind: 'link', path: 'mtab', target: '../proc/mounts' };
}

function* parentsOf(path: string, made: Set<string>): Generator<EtcEntry> {
  const parts = path.split('/').slice(0, -1);
  for (let length = 1; length <= parts.length; length++) {
    const folder = parts.slice(0, length).join('/');
    if (!made.has(folder)) yield { kind: 'folder', path: folder };
    made.add(folder);
  }
}

// Links stay links: one that leads elsewhere leads nowhere in the container.
function* copyOf(etc: string, path: string, status: Stats, made: Set<string>): Generator<EtcEntry> {
  const from = join(etc, path);
  if (status.isSymbolicLink()) {
    yield { kind: 'link', path, target: readlinkSync(from) };
  } else if ((status.mode & WORLD_READABLE) === 0) {
    return;
  } else if (status.isDirectory()) {
    if (!made.has(path)) yield { kind: 'folder', path };
    made.add(path);
    for (const name of readdirSync(from).sort()) {
      const below = statOf(join(from, name));
      if (below !== undefined) yield* copyOf(etc, `${path}/${name}`, below, made);
    }
  } else if (status.isFile() && status.size <= MAX_FILE_BYTES) {
    const content = readFileSync(from);
    if (content.includes('PRIVATE KEY-----')) return;
    yield { kind: 'file', path, content, mode: (status.mode & 0o111) === 0 ? 0o644 : 0o755 };
  }
}

function fileOf(path: string, text: string | readonly string[]): EtcEntry {
  const whole = typeof text === 'string' ? text : text.map((line) => `${line}\n`).join('');
  return { kind: 'file', path, content: Buffer.from(whole), mode: 0o644 };
}

// Accounts of people, and what comes from elsewhere (`+::::::`), stay outside.
function accounts(file: string): string[][] {
  const kept = fieldsOf(file, 7).filter((fields) => isSystemId(fields[2]));
  if (!kept.some(([, , uid]) => uid === '0')) {
    kept.unshift(['root', 'x', '0', '0', 'root', '/root', '/bin/sh']);
  }
  return kept.map(([name = '', , ...rest]) => [name, 'x', ...rest]);
}

function groups(etc: string): string[] {
  const users = new Set(accounts(join(etc, 'passwd')).map(([name]) => name));
  const kept = fieldsOf(join(etc, 'group'), 4).filter((fields) => isSystemId(fields[2]));
  if (!kept.some(([, , gid]) => gid === '0')) kept.unshift(['root', 'x', '0', '']);
  return kept.map(([name, , gid, members = '']) => {
    const known = members.split(',').filter((member) => users.has(member));
    return `${name}:x:${gid}:${known.join(',')}`;
  });
}

function isSystemId(text: string | undefined): boolean {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return false;
  return Number(text) < FIRST_USER_ID || Number(text) === NOBODY;
}

function fieldsOf(file: string, count: number): string[][] {
  if (statOf(file) === undefined) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  const fields = lines.map((line) => line.split(':'));
  return fields.filter((one) => one.length === count && /^[A-Za-z_][\w.-]*$/.test(one[0] ?? ''));
}

export function statOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
