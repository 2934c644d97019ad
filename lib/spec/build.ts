// SPDX-License-Identifier: Apache-2.0
// From checked options to an OCI configuration with Docker's defaults. Called
// for every container before anything of it is made, so what most containers
// share comes from templates and is not copied.

import { refuse } from '../check.js';
import type { NormalisedOptions } from '../container/options.js';
import { resolveCapabilities } from '../security/capabilities.js';
import { READONLY_PATHS } from '../security/paths.js';
import { type BuiltDevices, buildDevices, DEFAULT_DEVICES } from './devices.js';
import { buildEtcFiles, type EtcFile } from './etc-files.js';
import type { MachineFacts } from './machine.js';
import {
  type BuiltMounts,
  buildMounts,
  hasUsualSystem,
  inUserNamespace,
  systemMounts,
} from './mounts.js';
import {
  buildNamespaces,
  hasUsualNamespaces,
  neighbourPath,
  type RunningId,
} from './namespaces.js';
import {
  buildArgs,
  buildEnv,
  buildStopSignal,
  buildUser,
  buildWorkdir,
  type ImageConfig,
} from './process.js';
import { buildResources } from './resources.js';
import { buildRlimits } from './rlimits.js';
import { buildApparmor, buildSeccomp, buildSysctls, capabilitySets } from './security.js';
import { type Templates, templatesOf } from './templates.js';
import { type Linux, type LinuxSeccomp, OCI_VERSION, type Process, type Spec } from './types.js';

export type { EtcFile } from './etc-files.js';
export type { MachineFacts } from './machine.js';
export type { RunningId } from './namespaces.js';
export type { ImageConfig } from './process.js';

export interface BuildInput {
  readonly options: NormalisedOptions;
  /** The container's id, 64 hexadecimal digits. */
  readonly id: string;
  readonly imageConfig: ImageConfig;
  /** One object an engine: templates are kept by its identity. */
  readonly machine: MachineFacts;
  /** For options such as `pid: 'container:<id>'`; without it they are refused. */
  readonly runningId?: RunningId | undefined;
}

/** What a container needs beside its OCI configuration. */
export interface SpecExtras {
  /** `user[:group]` as written, empty for root; looked up in the rootfs. */
  readonly user: string;
  /** Names and numbers of more groups. */
  readonly groupAdd: readonly string[];
  /** Effective and permitted capabilities are for user id 0 alone. Always so, as in Docker. */
  readonly rootOnlyCapabilities: true;
  readonly files: readonly EtcFile[];
  /** The same object for the same built-in filter; null is none. */
  readonly seccomp: LinuxSeccomp | null;
  readonly init: boolean;
  readonly tty: boolean;
  readonly consoleSize: { readonly rows: number; readonly columns: number } | null;
  /** A working directory that is not there is made, as Docker does. */
  readonly makeWorkdir: true;
  readonly stopSignal: number;
  /** -1: wait for ever. */
  readonly stopTimeoutMs: number;
  /** Directories of the host that bind mounts need and that are not there. */
  readonly createHostPaths: readonly string[];
  /**
   * It shares nothing with anybody and may change nothing but files of its root:
   * the engine may use that root again when it was left as it was.
   */
  readonly closed: boolean;
  /** The container whose /dev/shm is shared, as in the path of a namespace; null for none. */
  readonly shmFrom: string | null;
}

export interface BuiltSpec {
  readonly spec: Spec;
  readonly extras: SpecExtras;
  /** What was asked for and has no effect on this machine. */
  readonly warnings: readonly string[];
}

/**
 * @throws InvalidArgumentError when the machine cannot do what an option asks for.
 */
export function buildSpec(input: BuildInput): BuiltSpec {
  const { options, machine } = input;
  const templates = templatesOf(machine);
  const warnings = [...options.warnings];
  const usual = hasUsualSystem(options);
  const names = capabilityNames(options, machine, templates);
  const hostname = hostnameOf(options, input.id, machine);
  const devices = usual
    ? DEFAULT_DEVICES
    : buildDevices(options, machine, inUserNamespace(options, machine));
  const mounts = mountsOf(options, machine, templates, usual, devices);
  const linux = buildLinux(input, templates, devices, mounts, warnings);
  const spec: Spec = {
    ociVersion: OCI_VERSION,
    process: buildProcess(input, templates, names, hostname),
    root: { path: 'rootfs', readonly: options.readOnly },
    mounts: mounts.mounts,
    linux,
  };
  if (options.uts.mode === 'private') {
    if (hostname !== undefined) spec.hostname = hostname;
    if (options.domainname !== undefined) spec.domainname = options.domainname;
  }
  for (const _ in options.annotations) {
    spec.annotations = options.annotations;
    break;
  }
  const extras = {
    ...buildExtras(input, templates, names, hostname, mounts, warnings),
    closed: isClosed(spec, options, templates),
  };
  return { spec, extras, warnings };
}

// By identity: what is the template's own is neither more nor other than usual.
function isClosed({ mounts, linux, process }: Spec, options: NormalisedOptions, usual: Templates) {
  return (
    mounts === usual.mounts &&
    linux?.namespaces === usual.namespaces &&
    linux.sysctl === usual.sysctls &&
    linux.maskedPaths === usual.maskedPaths &&
    linux.devices === DEFAULT_DEVICES.devices &&
    process?.capabilities === usual.capabilities &&
    options.seccomp === 'default' &&
    [options.stdin, options.stdout, options.stderr].every(
      (choice) => choice === 'pipe' || choice === 'ignore',
    )
  );
}

function capabilityNames(options: NormalisedOptions, machine: MachineFacts, templates: Templates) {
  const usual = !options.privileged && options.capAdd.length + options.capDrop.length === 0;
  return usual ? templates.capabilityNames : resolveCapabilities(options, machine.capabilities);
}

// With the host's network the container is, on the network, the host.
function hostnameOf(options: NormalisedOptions, id: string, machine: MachineFacts) {
  if (options.uts.mode === 'host') return machine.hostname;
  if (options.uts.mode !== 'private') return undefined;
  return options.hostname ?? (options.network === 'host' ? machine.hostname : id.slice(0, 12));
}

function mountsOf(
  options: NormalisedOptions,
  machine: MachineFacts,
  templates: Templates,
  usual: boolean,
  devices: BuiltDevices,
): BuiltMounts {
  const system = usual ? templates.mounts : systemMounts(options, machine, devices.mounts);
  if (options.mounts.length > 0) return buildMounts(options, system);
  return { mounts: system, rootfsPropagation: undefined, createHostPaths: [] };
}

function buildProcess(
  input: BuildInput,
  templates: Templates,
  names: readonly string[],
  hostname: string | undefined,
): Process {
  const { options, imageConfig, machine } = input;
  const process: Process = {
    terminal: options.tty,
    user: { uid: 0, gid: 0 },
    args: buildArgs(options, imageConfig),
    env: buildEnv(options, imageConfig, hostname),
    cwd: buildWorkdir(options, imageConfig),
    capabilities:
      names === templates.capabilityNames ? templates.capabilities : capabilitySets(names),
    rlimits: buildRlimits(options.ulimits, machine, templates.rlimits),
    noNewPrivileges: options.noNewPrivileges,
  };
  if (options.consoleSize !== undefined) {
    process.consoleSize = {
      height: options.consoleSize.rows,
      width: options.consoleSize.columns,
    };
  }
  const apparmor = buildApparmor(options, machine);
  if (apparmor !== undefined) process.apparmorProfile = apparmor;
  const oomScoreAdj = oomScoreAdjOf(options, machine);
  if (oomScoreAdj !== undefined) process.oomScoreAdj = oomScoreAdj;
  return process;
}

// A program the machine protects from running out of memory does not hand that
// on. Lowering the value takes CAP_SYS_RESOURCE.
function oomScoreAdjOf(options: NormalisedOptions, machine: MachineFacts): number | undefined {
  const { oomScoreAdj: asked } = options;
  if (asked === undefined) return machine.oomScoreAdj < 0 ? 0 : undefined;
  if (asked >= machine.oomScoreAdj || machine.hasSysResource) return asked;
  const allowed = `at least ${machine.oomScoreAdj}, the value of this process`;
  return refuse('oomScoreAdj', asked, allowed, 'lowering it needs CAP_SYS_RESOURCE');
}

function buildLinux(
  input: BuildInput,
  templates: Templates,
  devices: BuiltDevices,
  mounts: BuiltMounts,
  warnings: string[],
): Linux {
  const { options, id, machine } = input;
  const open = options.privileged || options.systemPathsUnconfined;
  const ownDev = options.mounts.some(({ target }) => target === '/dev');
  const linux: Linux = {
    sysctl: sysctlsOf(options, machine, templates),
    resources: buildResources(options, machine, devices.rules, warnings),
    namespaces: hasUsualNamespaces(options)
      ? templates.namespaces
      : buildNamespaces(options, machine, input.runningId),
    devices: ownDev ? [] : devices.devices,
    maskedPaths: open ? [] : templates.maskedPaths,
    readonlyPaths: open ? [] : READONLY_PATHS,
  };
  if (options.userns !== undefined) Object.assign(linux, options.userns);
  if (mounts.rootfsPropagation !== undefined) linux.rootfsPropagation = mounts.rootfsPropagation;
  if (options.cgroupParent !== undefined) {
    linux.cgroupsPath = `${options.cgroupParent === '/' ? '' : options.cgroupParent}/${id}`;
  }
  return linux;
}

function sysctlsOf(options: NormalisedOptions, machine: MachineFacts, templates: Templates) {
  const { userns, network } = options;
  if (userns !== undefined || network === 'host') return buildSysctls(options, machine);
  for (const _ in options.sysctls) return buildSysctls(options, machine);
  return templates.sysctls;
}

function buildExtras(
  input: BuildInput,
  templates: Templates,
  names: readonly string[],
  hostname: string | undefined,
  mounts: BuiltMounts,
  warnings: string[],
): Omit<SpecExtras, 'closed'> {
  const { options, imageConfig, machine } = input;
  const shm = options.ipc.mode === 'container' ? options.ipc.container : undefined;
  return {
    user: buildUser(options, imageConfig),
    groupAdd: options.groupAdd,
    rootOnlyCapabilities: true,
    files: buildEtcFiles(options, machine, hostname, templates.resolvConf),
    seccomp: buildSeccomp(options, machine, names, templates.filters),
    init: options.init,
    tty: options.tty,
    consoleSize: options.consoleSize ?? null,
    makeWorkdir: true,
    stopSignal: buildStopSignal(options, imageConfig, warnings),
    stopTimeoutMs: options.stopTimeoutMs,
    createHostPaths: mounts.createHostPaths,
    shmFrom:
      shm === undefined || input.runningId === undefined
        ? null
        : neighbourPath(input.runningId(shm)),
  };
}
