// SPDX-License-Identifier: Apache-2.0
// The contents of /etc/hostname, /etc/hosts and /etc/resolv.conf.
import type { NormalisedOptions } from '../container/options.js';
import type { MachineFacts } from './machine.js';

export interface EtcFile {
  readonly path: '/etc/hosts' | '/etc/hostname' | '/etc/resolv.conf';
  readonly content: string;
}

const HOSTS = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::\tip6-localnet',
  'ff00::\tip6-mcastprefix',
  'ff02::1\tip6-allnodes',
  'ff02::2\tip6-allrouters',
  '',
].join('\n');

/**
 * A mount over /etc or over one of the files brings its own. `resolvConf` is
 * {@link usualResolvConf} of the machine.
 */
export function buildEtcFiles(
  options: NormalisedOptions,
  machine: MachineFacts,
  hostname: string | undefined,
  resolvConf: string,
): readonly EtcFile[] {
  const files: EtcFile[] = [
    { path: '/etc/hosts', content: hosts(options, machine) },
    { path: '/etc/resolv.conf', content: resolver(options, machine, resolvConf) },
  ];
  if (hostname !== undefined) files.push({ path: '/etc/hostname', content: `${hostname}\n` });
  if (options.mounts.length === 0) return files;
  const targets = new Set(options.mounts.map(({ target }) => target));
  return targets.has('/etc') ? [] : files.filter(({ path }) => !targets.has(path));
}

/**
 * The machine's resolv.conf without name servers on loopback: the container's loopback is
 * another one, where nothing answers.
 */
export function usualResolvConf(text: string): string {
  const lines = text.split('\n').filter((line) => !/^\s*nameserver\s+(127\.|::1\b)/.test(line));
  return lines.join('\n');
}

function hosts(options: NormalisedOptions, machine: MachineFacts): string {
  const base = options.network === 'host' ? endLine(machine.hostHosts) : HOSTS;
  if (options.addHost.length === 0) return base;
  return base + options.addHost.map(({ address, name }) => `${address}\t${name}\n`).join('');
}

function endLine(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

function resolver(options: NormalisedOptions, machine: MachineFacts, usual: string): string {
  const { dns, dnsSearch, dnsOption } = options;
  const base = options.network === 'host' ? machine.hostResolvConf : usual;
  if ((dns ?? dnsSearch ?? dnsOption) === undefined) return base;
  const given = {
    nameserver: dns,
    search: dnsSearch?.filter((domain) => domain !== '.'),
    options: dnsOption,
  };
  const kept = base.split('\n').filter((line) => isKept(line, given));
  const servers = (dns ?? []).map((address) => `nameserver ${address}`);
  const words = (['search', 'options'] as const)
    .filter((keyword) => (given[keyword] ?? []).length > 0)
    .map((keyword) => `${keyword} ${given[keyword]?.join(' ') ?? ''}`);
  return [...kept, ...servers, ...words, ''].join('\n');
}

// `domain` is the old form of `search`.
function isKept(line: string, given: Record<string, readonly string[] | undefined>): boolean {
  const keyword = line.trim().split(/\s+/)[0] ?? '';
  const name = keyword === 'domain' ? 'search' : keyword;
  return keyword !== '' && given[name] === undefined;
}
