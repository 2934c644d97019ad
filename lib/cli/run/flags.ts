// SPDX-License-Identifier: Apache-2.0
// The flags of `run` that this machine honours, each with the option of
// `Container.create` that it sets. Rows without an option are read by name in
// request.ts and session.ts.
import type { ContainerOptions } from '../../container/options.js';
import type { Flag, FlagValue } from '../flags/flag.js';
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
  {
    name: 'entrypoint',
    type: 'string',
    about: 'Overwrite the default ENTRYPOINT of the image',
    option: 'entrypoint',
    keepEmpty: true,
  },
  { name: 'env', short: 'e', type: 'list', about: 'Set environment variables', option: 'env' },
  {
    name: 'env-file',
    type: 'list',
    about: 'Read in a file of environment variables',
    option: 'envFile',
  },
  {
    name: 'group-add',
    type: 'list',
    about: 'Add additional groups to join',
    option: 'groupAdd',
  },
  {
    name: 'init',
    type: 'bool',
    about: 'Run an init inside the container that forwards signals and reaps processes',
    option: 'init',
  },
  {
    name: 'user',
    short: 'u',
    type: 'string',
    about: 'Username or UID (format: <name|uid>[:<group|gid>])',
    option: 'user',
  },
  {
    name: 'workdir',
    short: 'w',
    type: 'string',
    about: 'Working directory inside the container',
    option: 'workdir',
  },
];

const IDENTITY: readonly RunFlag[] = [
  { name: 'annotation', type: 'map', about: 'Add an annotation', option: 'annotations' },
  { name: 'domainname', type: 'string', about: 'Container NIS domain name', option: 'domainname' },
  {
    name: 'hostname',
    short: 'h',
    type: 'string',
    about: 'Container host name',
    option: 'hostname',
  },
  {
    name: 'label',
    short: 'l',
    type: 'list',
    about: 'Set meta data on a container',
  },
  { name: 'label-file', type: 'list', about: 'Read in a line delimited file of labels' },
  { name: 'name', type: 'string', about: 'Assign a name to the container', option: 'name' },
];

const STDIO: readonly RunFlag[] = [
  { name: 'attach', short: 'a', type: 'list', about: 'Attach to STDIN, STDOUT or STDERR' },
  { name: 'cidfile', type: 'string', about: 'Write the container ID to the file' },
  {
    name: 'interactive',
    short: 'i',
    type: 'bool',
    about: 'Hand standard input on to the container',
  },
  {
    name: 'sig-proxy',
    type: 'bool',
    about: 'Proxy received signals to the process; without it they stop the container',
    absent: true,
  },
  { name: 'tty', short: 't', type: 'bool', about: 'Allocate a pseudo-TTY', option: 'tty' },
];

const RESOURCES: readonly RunFlag[] = [
  {
    name: 'blkio-weight',
    type: 'uint16',
    about: 'Block IO (relative weight), between 10 and 1000, or 0 to disable',
    option: 'blkioWeight',
  },
  {
    name: 'blkio-weight-device',
    type: 'list',
    about: 'Block IO weight (relative device weight)',
    option: 'blkioWeightDevice',
  },
  {
    name: 'cpu-period',
    type: 'int64',
    about: 'Limit CPU CFS (Completely Fair Scheduler) period',
    option: 'cpuPeriod',
    unset: 0,
  },
  {
    name: 'cpu-quota',
    type: 'int64',
    about: 'Limit CPU CFS (Completely Fair Scheduler) quota',
    option: 'cpuQuota',
  },
  {
    name: 'cpu-rt-period',
    type: 'int64',
    about: 'Limit CPU real-time period in microseconds',
    option: 'cpuRtPeriod',
    unset: 0,
  },
  {
    name: 'cpu-rt-runtime',
    type: 'int64',
    about: 'Limit CPU real-time runtime in microseconds',
    option: 'cpuRtRuntime',
    unset: 0,
  },
  {
    name: 'cpu-shares',
    short: 'c',
    type: 'int64',
    about: 'CPU shares (relative weight)',
    option: 'cpuShares',
  },
  { name: 'cpus', type: 'decimal', about: 'Number of CPUs', option: 'cpus' },
  {
    name: 'cpuset-cpus',
    type: 'string',
    about: 'CPUs in which to allow execution (0-3, 0,1)',
    option: 'cpusetCpus',
  },
  {
    name: 'cpuset-mems',
    type: 'string',
    about: 'MEMs in which to allow execution (0-3, 0,1)',
    option: 'cpusetMems',
  },
  ...(['read', 'write'] as const).flatMap((way): RunFlag[] => {
    const direction = way === 'read' ? 'from' : 'to';
    const option = way === 'read' ? 'deviceRead' : 'deviceWrite';
    return [
      {
        name: `device-${way}-bps`,
        type: 'list',
        about: `Limit ${way} rate (bytes per second) ${direction} a device`,
        option: `${option}Bps`,
      },
      {
        name: `device-${way}-iops`,
        type: 'list',
        about: `Limit ${way} rate (IO per second) ${direction} a device`,
        option: `${option}Iops`,
      },
    ];
  }),
  { name: 'kernel-memory', type: 'bytes', about: 'Kernel memory limit', option: 'kernelMemory' },
  { name: 'memory', short: 'm', type: 'bytes', about: 'Memory limit', option: 'memory' },
  {
    name: 'memory-reservation',
    type: 'bytes',
    about: 'Memory soft limit',
    option: 'memoryReservation',
  },
  {
    name: 'memory-swap',
    type: 'bytes',
    about: "Swap limit equal to memory plus swap: '-1' to enable unlimited swap",
    option: 'memorySwap',
  },
  {
    name: 'memory-swappiness',
    type: 'int64',
    about: 'Tune container memory swappiness (0 to 100)',
    option: 'memorySwappiness',
    unset: -1,
  },
  { name: 'oom-kill-disable', type: 'bool', about: 'Disable OOM Killer', option: 'oomKillDisable' },
  {
    name: 'oom-score-adj',
    type: 'int',
    about: "Tune host's OOM preferences (-1000 to 1000)",
    option: 'oomScoreAdj',
  },
  {
    name: 'pids-limit',
    type: 'int64',
    about: 'Tune container pids limit (set -1 for unlimited)',
    option: 'pidsLimit',
  },
  { name: 'ulimit', type: 'ulimit', about: 'Ulimit options', option: 'ulimits' },
];

const STORAGE: readonly RunFlag[] = [
  {
    name: 'mount',
    type: 'mount',
    about: 'Attach a filesystem mount to the container',
    option: 'mounts',
    convert: all(readMountText),
  },
  {
    name: 'read-only',
    type: 'bool',
    about: "Mount the container's root filesystem as read only",
    option: 'readOnly',
  },
  { name: 'shm-size', type: 'bytes', about: 'Size of /dev/shm', option: 'shmSize' },
  { name: 'tmpfs', type: 'list', about: 'Mount a tmpfs directory', option: 'tmpfs' },
  { name: 'volume', short: 'v', type: 'list', about: 'Bind mount a volume', option: 'volumes' },
];

const SECURITY: readonly RunFlag[] = [
  { name: 'cap-add', type: 'list', about: 'Add Linux capabilities', option: 'capAdd' },
  { name: 'cap-drop', type: 'list', about: 'Drop Linux capabilities', option: 'capDrop' },
  { name: 'device', type: 'list', about: 'Add a host device to the container', option: 'devices' },
  {
    name: 'device-cgroup-rule',
    type: 'list',
    about: 'Add a rule to the cgroup allowed devices list',
    option: 'deviceCgroupRules',
  },
  {
    name: 'privileged',
    type: 'bool',
    about: 'Give extended privileges to this container',
    option: 'privileged',
  },
  { name: 'security-opt', type: 'list', about: 'Security Options', option: 'securityOpt' },
  { name: 'sysctl', type: 'map', about: 'Sysctl options', option: 'sysctls' },
];

const NAMESPACES: readonly RunFlag[] = [
  {
    name: 'cgroup-parent',
    type: 'string',
    about: 'Optional parent cgroup for the container',
    option: 'cgroupParent',
  },
  {
    name: 'cgroupns',
    type: 'string',
    about: 'Cgroup namespace to use (host|private)',
    option: 'cgroupns',
  },
  { name: 'ipc', type: 'string', about: 'IPC mode to use', option: 'ipc' },
  { name: 'pid', type: 'string', about: 'PID namespace to use', option: 'pid' },
  { name: 'userns', type: 'string', about: 'User namespace to use', option: 'usernsMode' },
  { name: 'uts', type: 'string', about: 'UTS namespace to use', option: 'uts' },
];

const NETWORK: readonly RunFlag[] = [
  {
    name: 'add-host',
    type: 'list',
    about: 'Add a custom host-to-IP mapping (host:ip)',
    option: 'addHost',
  },
  { name: 'dns', type: 'list', about: 'Set custom DNS servers', option: 'dns' },
  {
    name: 'dns-option',
    aliases: ['dns-opt'],
    type: 'list',
    about: 'Set DNS options',
    option: 'dnsOption',
  },
  {
    name: 'dns-search',
    type: 'list',
    about: 'Set custom DNS search domains',
    option: 'dnsSearch',
  },
  {
    name: 'network',
    aliases: ['net'],
    type: 'network',
    about: 'Network of the container: none (only loopback; the default) or host',
  },
];

const LIFE: readonly RunFlag[] = [
  {
    name: 'no-healthcheck',
    type: 'bool',
    about: 'Run no HEALTHCHECK of the image; none is run in any case',
  },
  {
    name: 'platform',
    type: 'string',
    about: "The image's platform, which must be that of this machine",
  },
  {
    name: 'pull',
    type: 'string',
    about: 'Pull image before running ("missing", "never"): both use the images that are here',
    absent: 'missing',
  },
  {
    name: 'quiet',
    short: 'q',
    type: 'bool',
    about: 'Suppress the pull output; nothing is pulled',
  },
  {
    name: 'rm',
    type: 'bool',
    about: 'Remove the container when it exits, which all containers of this command are',
  },
  {
    name: 'stop-signal',
    type: 'string',
    about: 'Signal that stops the container with --sig-proxy=false',
    option: 'stopSignal',
  },
  {
    name: 'stop-timeout',
    type: 'int',
    about: 'Seconds from that signal to SIGKILL',
    option: 'stopTimeout',
  },
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
