// SPDX-License-Identifier: Apache-2.0
// Options about the network, and the files in /etc that go with it.
import { lazyNet } from '../../builtin.js';
import { asArray, asTextList, isPlainObject, type MapOrList, refuse } from '../../check.js';

export interface NetworkOptions {
  /**
   * `'none'`: a network of its own with nothing but loopback; `'host'`: the machine's.
   * Default: `'none'`. Docker: `docker run --network`.
   */
  network?: 'none' | 'host';
  /** Lines of /etc/hosts, `{ db: '10.0.0.2' }` or `['db:10.0.0.2', 'db=::1']`. Docker: `docker run --add-host`. */
  addHost?: MapOrList;
  /** Name servers, as addresses. Default: the machine's. Docker: `docker run --dns`. */
  dns?: readonly string[];
  /** Domains that are searched; `['.']` is none. Default: the machine's. Docker: `docker run --dns-search`. */
  dnsSearch?: readonly string[];
  /** Options of the resolver, such as `'ndots:1'`. Default: the machine's. Docker: `docker run --dns-option`. */
  dnsOption?: readonly string[];
}

export interface HostEntry {
  name: string;
  address: string;
}

export interface NormalisedNetwork {
  network: 'none' | 'host';
  addHost: readonly HostEntry[];
  /** Undefined, as the two below: the machine's. */
  dns: readonly string[] | undefined;
  dnsSearch: readonly string[] | undefined;
  dnsOption: readonly string[] | undefined;
}

const NO_HOSTS: readonly HostEntry[] = [];
// Words only: a line end in one would be a line of the file.
const HOST = /^[A-Za-z0-9_.-]{1,253}$/;
const WORD = /^[\x21-\x7e]{1,255}$/;

export function normaliseNetwork(options: NetworkOptions): NormalisedNetwork {
  const { addHost, dns, dnsSearch, dnsOption } = options;
  return {
    network: readNetwork(options.network),
    addHost: addHost === undefined ? NO_HOSTS : readHosts(addHost),
    dns: dns === undefined ? undefined : readWords('dns', dns, isAddress, 'an IP address'),
    dnsSearch:
      dnsSearch === undefined
        ? undefined
        : readWords('dnsSearch', dnsSearch, (text) => HOST.test(text), 'a domain name'),
    dnsOption:
      dnsOption === undefined
        ? undefined
        : readWords('dnsOption', dnsOption, (text) => WORD.test(text), 'a word'),
  };
}

function readNetwork(value: unknown): 'none' | 'host' {
  if (value === undefined || value === 'none' || value === 'host') return value ?? 'none';
  const hint = typeof value === 'string' ? `network '${value}' is not available yet` : undefined;
  return refuse('network', value, "'none' or 'host'", hint);
}

// An IPv6 address has colons itself, so the first separator ends the name.
function readHosts(value: unknown): readonly HostEntry[] {
  if (isPlainObject(value)) {
    return Object.entries(value).map(([name, address]) =>
      readHost(`addHost.${name}`, name, address),
    );
  }
  const allowed = "an object of addresses or a list of 'name:address'";
  return asArray('addHost', value, allowed).map((item, index) => {
    const option = `addHost[${index}]`;
    const match = typeof item === 'string' ? /^([^:=]+)[:=](.+)$/.exec(item) : null;
    if (match === null) return refuse(option, item, "'name:address' or 'name=address'");
    return readHost(option, match[1] ?? '', match[2]);
  });
}

function readHost(option: string, name: string, given: unknown): HostEntry {
  if (!HOST.test(name)) return refuse(option, name, 'a host name');
  if (given === 'host-gateway') {
    const hint = 'there is no gateway on these networks; use 127.0.0.1 with network host';
    return refuse(option, given, 'an IP address', hint);
  }
  const address = typeof given === 'string' ? given.replace(/^\[(.*)\]$/, '$1') : '';
  return isAddress(address) ? { name, address } : refuse(option, given, 'an IP address');
}

function readWords(
  option: string,
  value: unknown,
  fits: (text: string) => boolean,
  allowed: string,
): readonly string[] {
  return asTextList(option, value, `a list, each ${allowed}`).map((text, index) =>
    fits(text) ? text : refuse(`${option}[${index}]`, text, allowed),
  );
}

// A zone may hold any character, so it is checked as a word too.
function isAddress(text: string): boolean {
  return lazyNet().isIP(text) !== 0 && WORD.test(text);
}
