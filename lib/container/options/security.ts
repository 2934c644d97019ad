// SPDX-License-Identifier: Apache-2.0
// Options about rights: capabilities, filters and kernel settings.
import { readFileSync } from 'node:fs';
import { asArray, asBoolean, asPairs, isPlainObject, type MapOrList, refuse } from '../../check.js';
import { normaliseCapability } from '../../security/capabilities.js';
import { IPC_SYSCTLS, sysctlNamespace } from '../../security/sysctls.js';

/** A filter in Docker's form or that of the OCI runtime-spec. */
export interface SeccompOption {
  readonly seccomp: object;
}

export interface SecurityOptions {
  /** Capabilities on top of Docker's 14, with or without `CAP_`, or `'ALL'`. Docker: `docker run --cap-add`. */
  capAdd?: readonly string[];
  /** Capabilities taken away, or `'ALL'`, which leaves those of `capAdd`. Docker: `docker run --cap-drop`. */
  capDrop?: readonly string[];
  /**
   * All capabilities and devices, no filter, nothing masked or read-only: such a container can
   * do to the machine what this process can. Default: false. Docker: `docker run --privileged`.
   */
  privileged?: boolean;
  /**
   * `'no-new-privileges'`, `'seccomp=unconfined'`, `'seccomp=builtin'`, `'seccomp=/profile.json'`
   * or `{ seccomp: profile }`, `'apparmor=unconfined'` or a loaded profile's name,
   * `'systempaths=unconfined'`, `'label=disable'`, `'writable-cgroups=true'`.
   * Docker: `docker run --security-opt`.
   */
  securityOpt?: readonly (string | SeccompOption)[];
  /**
   * Kernel settings of the container's own namespaces: `net.*`, `fs.mqueue.*` and those of
   * System V IPC. Docker: `docker run --sysctl`.
   */
  sysctls?: Readonly<Record<string, string | number>> | MapOrList;
}

/** `'default'` is the built-in filter except in a privileged container; `'builtin'` there too. */
export type SeccompChoice = 'default' | 'builtin' | 'unconfined' | { readonly profile: object };

export interface NormalisedSecurity {
  /** Complete names, or `'ALL'`. */
  capAdd: readonly string[];
  capDrop: readonly string[];
  privileged: boolean;
  noNewPrivileges: boolean;
  seccomp: SeccompChoice;
  /** Undefined: none was asked for. */
  apparmor: string | undefined;
  systemPathsUnconfined: boolean;
  writableCgroups: boolean;
  sysctls: Readonly<Record<string, string>>;
}

type Confinement = Omit<NormalisedSecurity, 'capAdd' | 'capDrop' | 'privileged' | 'sysctls'>;

const NO_NAMES: readonly string[] = [];
const NO_SYSCTLS: Readonly<Record<string, string>> = Object.freeze({});
const MAX_PROFILE = 4 * 1024 * 1024;
export function normaliseSecurity(options: SecurityOptions): NormalisedSecurity {
  const { capAdd, capDrop, sysctls } = options;
  const confinement = readSecurityOpt(options.securityOpt);
  const privileged = asBoolean('privileged', options.privileged);
  return {
    capAdd: capAdd === undefined ? NO_NAMES : readCapabilities('capAdd', capAdd),
    capDrop: capDrop === undefined ? NO_NAMES : readCapabilities('capDrop', capDrop),
    privileged,
    sysctls: sysctls === undefined ? NO_SYSCTLS : readSysctls(sysctls),
    noNewPrivileges: confinement.noNewPrivileges,
    seccomp: confinement.seccomp,
    apparmor: confinement.apparmor,
    systemPathsUnconfined: confinement.systemPathsUnconfined,
    writableCgroups: confinement.writableCgroups,
  };
}

export function readCapabilities(option: string, value: unknown): readonly string[] {
  const allowed = "a list of capabilities such as 'NET_ADMIN', or ['ALL']";
  return asArray(option, value, allowed).map((name, index) =>
    normaliseCapability(`${option}[${index}]`, name),
  );
}

function readSecurityOpt(value: unknown): Confinement {
  const result: Confinement = {
    noNewPrivileges: false,
    seccomp: 'default',
    apparmor: undefined,
    systemPathsUnconfined: false,
    writableCgroups: false,
  };
  if (value === undefined) return result;
  const items = asArray('securityOpt', value, "a list such as ['no-new-privileges']");
  for (const [index, item] of items.entries()) readOne(`securityOpt[${index}]`, item, result);
  return result;
}

// Docker also takes a colon; the first of the two that comes separates.
function readOne(option: string, item: unknown, result: Confinement): void {
  if (isPlainObject(item)) {
    readProfileObject(option, item, result);
    return;
  }
  if (typeof item !== 'string') refuse(option, item, 'a text or { seccomp: profile }');
  const [, name = '', value] = /^([^=:]*)(?:[=:](.*))?$/s.exec(item) ?? [];
  const read = Object.hasOwn(HANDLERS, name) ? HANDLERS[name] : undefined;
  if (read === undefined) refuse(option, item, `one of ${Object.keys(HANDLERS).join(', ')}`);
  read(option, value, result);
}

type Handler = (option: string, value: string | undefined, result: Confinement) => void;

const HANDLERS: Readonly<Record<string, Handler>> = {
  'no-new-privileges': (option, value, result) => {
    result.noNewPrivileges = readFlag(option, value ?? 'true');
  },
  seccomp: (option, value, result) => {
    result.seccomp = readSeccomp(option, value);
  },
  apparmor: (option, value, result) => {
    const known = value !== undefined && /^[^\s\0/]+$/.test(value);
    result.apparmor = known ? value : refuse(option, value, "'unconfined' or a profile's name");
  },
  systempaths: (option, value, result) => {
    if (value !== 'unconfined') refuse(option, value, "'systempaths=unconfined'");
    result.systemPathsUnconfined = true;
  },
  label: (option, value) => {
    const hint = 'SELinux labels are not available';
    if (value !== 'disable') refuse(option, value, "'label=disable'", hint);
  },
  'writable-cgroups': (option, value, result) => {
    result.writableCgroups = readFlag(option, value);
  },
};

function readFlag(option: string, value: string | undefined): boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  return refuse(option, value, "'true' or 'false'");
}

function readSeccomp(option: string, value: string | undefined): SeccompChoice {
  if (value === 'unconfined' || value === 'builtin') return value;
  const allowed = "'unconfined', 'builtin' or the path of a JSON profile";
  if (value === undefined || value === '') return refuse(option, value, allowed);
  return { profile: readProfileFile(option, value, allowed) };
}

function readProfileFile(option: string, path: string, allowed: string): object {
  let profile: unknown;
  try {
    const text = readFileSync(path, 'utf8');
    if (text.length > MAX_PROFILE) throw new RangeError('larger than 4 MiB');
    profile = JSON.parse(text);
  } catch (error) {
    return refuse(option, path, allowed, String(error));
  }
  return isPlainObject(profile) ? profile : refuse(option, path, 'a file with a JSON object');
}

function readProfileObject(option: string, item: object, result: Confinement): void {
  const { seccomp, ...rest } = item as { seccomp?: unknown };
  if (!isPlainObject(seccomp) || Object.keys(rest).length > 0) {
    refuse(option, item, '{ seccomp: profile } and nothing else');
  }
  result.seccomp = { profile: seccomp };
}

function readSysctls(value: unknown): Readonly<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const [name, text] of asPairs('sysctls', value)) {
    const option = `sysctls.${name}`;
    // The kernel reads a slash as a dot of a name with dots inside, as in eth0.1.
    const plain = /^[a-z0-9_-]+(\.[a-z0-9_/-]+)+$/i.test(name) && !name.includes('..');
    if (!plain || name.split('/').includes('') || sysctlNamespace(name) === undefined) {
      const allowed = `net.*, fs.mqueue.* and ${IPC_SYSCTLS.join(' ')}`;
      refuse(option, text, allowed, 'other settings belong to the whole machine');
    }
    result[name] = text ?? refuse(option, text, `'${name}=value'`);
  }
  return result;
}
