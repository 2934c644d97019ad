// SPDX-License-Identifier: Apache-2.0
// The flags of `run` that this machine honours, each with the option of
// `Container.create` that it sets. Rows without an option are read by name in
// request.ts and session.ts.
import type { ContainerOptions } from '../../container/options.js';
import { type Flag, type FlagValue, row } from '../flags/flag.js';
import { readMountText } from './mount.js';

export interface RunFlag extends Flag {
  readonly option?: keyof ContainerOptions;
  /** A number that means "as if it were not given". */
  readonly unset?: number;
  /** An empty text is a value too. */
  readonly keepEmpty?: boolean;
  readonly convert?: (value: FlagValue) => unknown;
}

const all = (read: (text: string) => unknown) => (value: FlagValue) =>
  (value as readonly string[]).map(read);

const PROCESS: readonly RunFlag[] = [
  row('entrypoint', 'string', 'Overwrite the default ENTRYPOINT of the image', {
    option: 'entrypoint',
    keepEmpty: true,
  }),
  row('env', 'list', 'Set environment variables', { short: 'e', option: 'env' }),
  row('env-file', 'list', 'Read in a file of environment variables', { option: 'envFile' }),
  row('group-add', 'list', 'Add additional groups to join', { option: 'groupAdd' }),
  row(
    'init',
    'bool',
    'Run an init inside the container that forwards signals and reaps processes',
    { option: 'init' },
  ),
  row('user', 'string', 'Username or UID (format: <name|uid>[:<group|gid>])', {
    short: 'u',
    option: 'user',
  }),
  row('workdir', 'string', 'Working directory inside the container', {
    short: 'w',
    option: 'workdir',
  }),
];

const IDENTITY: readonly RunFlag[] = [
  row('annotation', 'map', 'Add an annotation', { option: 'annotations' }),
  row('domainname', 'string', 'Container NIS domain name', { option: 'domainname' }),
  row('hostname', 'string', 'Container host name', { short: 'h', option: 'hostname' }),
  row('label', 'list', 'Set meta data on a container', { short: 'l' }),
  row('label-file', 'list', 'Read in a line delimited file of labels'),
  row('name', 'string', 'Assign a name to the container', { option: 'name' }),
];

const STDIO: readonly RunFlag[] = [
  row('attach', 'list', 'Attach to STDIN, STDOUT or STDERR', { short: 'a' }),
  row('cidfile', 'string', 'Write the container ID to the file'),
  row('interactive', 'bool', 'Hand standard input on to the container', { short: 'i' }),
  row(
    'sig-proxy',
    'bool',
    'Proxy received signals to the process; without it they stop the container',
    { absent: true },
  ),
  row('tty', 'bool', 'Allocate a pseudo-TTY', { short: 't', option: 'tty' }),
];

const RESOURCES: readonly RunFlag[] = [
  row(
    'blkio-weight',
    'uint16',
    'Block IO (relative weight), between 10 and 1000, or 0 to disable',
    { option: 'blkioWeight' },
  ),
  row('blkio-weight-device', 'list', 'Block IO weight (relative device weight)', {
    option: 'blkioWeightDevice',
  }),
  row('cpu-period', 'int64', 'Limit CPU CFS (Completely Fair Scheduler) period', {
    option: 'cpuPeriod',
    unset: 0,
  }),
  row('cpu-quota', 'int64', 'Limit CPU CFS (Completely Fair Scheduler) quota', {
    option: 'cpuQuota',
  }),
  row('cpu-rt-period', 'int64', 'Limit CPU real-time period in microseconds', {
    option: 'cpuRtPeriod',
    unset: 0,
  }),
  row('cpu-rt-runtime', 'int64', 'Limit CPU real-time runtime in microseconds', {
    option: 'cpuRtRuntime',
    unset: 0,
  }),
  row('cpu-shares', 'int64', 'CPU shares (relative weight)', { short: 'c', option: 'cpuShares' }),
  row('cpus', 'decimal', 'Number of CPUs', { option: 'cpus' }),
  row('cpuset-cpus', 'string', 'CPUs in which to allow execution (0-3, 0,1)', {
    option: 'cpusetCpus',
  }),
  row('cpuset-mems', 'string', 'MEMs in which to allow execution (0-3, 0,1)', {
    option: 'cpusetMems',
  }),
  row('device-read-bps', 'list', 'Limit read rate (bytes per second) from a device', {
    option: 'deviceReadBps',
  }),
  row('device-read-iops', 'list', 'Limit read rate (IO per second) from a device', {
    option: 'deviceReadIops',
  }),
  row('device-write-bps', 'list', 'Limit write rate (bytes per second) to a device', {
    option: 'deviceWriteBps',
  }),
  row('device-write-iops', 'list', 'Limit write rate (IO per second) to a device', {
    option: 'deviceWriteIops',
  }),
  row('kernel-memory', 'bytes', 'Kernel memory limit', { option: 'kernelMemory' }),
  row('memory', 'bytes', 'Memory limit', { short: 'm', option: 'memory' }),
  row('memory-reservation', 'bytes', 'Memory soft limit', { option: 'memoryReservation' }),
  row(
    'memory-swap',
    'bytes',
    "Swap limit equal to memory plus swap: '-1' to enable unlimited swap",
    { option: 'memorySwap' },
  ),
  row('memory-swappiness', 'int64', 'Tune container memory swappiness (0 to 100)', {
    option: 'memorySwappiness',
    unset: -1,
  }),
  row('oom-kill-disable', 'bool', 'Disable OOM Killer', { option: 'oomKillDisable' }),
  row('oom-score-adj', 'int', "Tune host's OOM preferences (-1000 to 1000)", {
    option: 'oomScoreAdj',
  }),
  row('pids-limit', 'int64', 'Tune container pids limit (set -1 for unlimited)', {
    option: 'pidsLimit',
  }),
  row('ulimit', 'ulimit', 'Ulimit options', { option: 'ulimits' }),
];

const STORAGE: readonly RunFlag[] = [
  row('mount', 'mount', 'Attach a filesystem mount to the container', {
    option: 'mounts',
    convert: all(readMountText),
  }),
  row('read-only', 'bool', "Mount the container's root filesystem as read only", {
    option: 'readOnly',
  }),
  row('shm-size', 'bytes', 'Size of /dev/shm', { option: 'shmSize' }),
  row('tmpfs', 'list', 'Mount a tmpfs directory', { option: 'tmpfs' }),
  row('volume', 'list', 'Bind mount a volume', { short: 'v', option: 'volumes' }),
];

const SECURITY: readonly RunFlag[] = [
  row('cap-add', 'list', 'Add Linux capabilities', { option: 'capAdd' }),
  row('cap-drop', 'list', 'Drop Linux capabilities', { option: 'capDrop' }),
  row('device', 'list', 'Add a host device to the container', { option: 'devices' }),
  row('device-cgroup-rule', 'list', 'Add a rule to the cgroup allowed devices list', {
    option: 'deviceCgroupRules',
  }),
  row('privileged', 'bool', 'Give extended privileges to this container', { option: 'privileged' }),
  row('security-opt', 'list', 'Security Options', { option: 'securityOpt' }),
  row('sysctl', 'map', 'Sysctl options', { option: 'sysctls' }),
];

const NAMESPACES: readonly RunFlag[] = [
  row('cgroup-parent', 'string', 'Optional parent cgroup for the container', {
    option: 'cgroupParent',
  }),
  row('cgroupns', 'string', 'Cgroup namespace to use (host|private)', { option: 'cgroupns' }),
  row('ipc', 'string', 'IPC mode to use', { option: 'ipc' }),
  row('pid', 'string', 'PID namespace to use', { option: 'pid' }),
  row('userns', 'string', 'User namespace to use', { option: 'usernsMode' }),
  row('uts', 'string', 'UTS namespace to use', { option: 'uts' }),
];

const NETWORK: readonly RunFlag[] = [
  row('add-host', 'list', 'Add a custom host-to-IP mapping (host:ip)', { option: 'addHost' }),
  row('dns', 'list', 'Set custom DNS servers', { option: 'dns' }),
  row('dns-option', 'list', 'Set DNS options', { aliases: ['dns-opt'], option: 'dnsOption' }),
  row('dns-search', 'list', 'Set custom DNS search domains', { option: 'dnsSearch' }),
  row('network', 'network', 'Network of the container: none (only loopback; the default) or host', {
    aliases: ['net'],
  }),
];

const LIFE: readonly RunFlag[] = [
  row('no-healthcheck', 'bool', 'Run no HEALTHCHECK of the image; none is run in any case'),
  row('platform', 'string', "The image's platform, which must be that of this machine"),
  row(
    'pull',
    'string',
    'Pull image before running ("missing", "never"): both use the images that are here',
    { absent: 'missing' },
  ),
  row('quiet', 'bool', 'Suppress the pull output; nothing is pulled', { short: 'q' }),
  row('rm', 'bool', 'Remove the container when it exits, which all containers of this command are'),
  row('stop-signal', 'string', 'Signal that stops the container with --sig-proxy=false', {
    option: 'stopSignal',
  }),
  row('stop-timeout', 'int', 'Seconds from that signal to SIGKILL', { option: 'stopTimeout' }),
];

export const RUN_FLAGS: readonly RunFlag[] = [
  ...PROCESS,
  ...IDENTITY,
  ...STDIO,
  ...RESOURCES,
  ...STORAGE,
  ...SECURITY,
  ...NAMESPACES,
  ...NETWORK,
  ...LIFE,
];
