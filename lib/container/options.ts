// SPDX-License-Identifier: Apache-2.0
// All options of a container, by concern, and the same after checking.

import type { PosixRlimit } from '../spec/types.js';
import type { BlockIoOptions, NormalisedBlockIo } from './options/block-io.js';
import type { DeviceOptions, NormalisedDevices } from './options/devices.js';
import type { IdentityOptions, NormalisedIdentity } from './options/identity.js';
import type { LifecycleOptions, NormalisedLifecycle } from './options/lifecycle.js';
import type { NamespaceOptions, NormalisedNamespaces } from './options/namespaces.js';
import type { NetworkOptions, NormalisedNetwork } from './options/network.js';
import type { NormalisedProcess, ProcessOptions } from './options/process.js';
import type { NormalisedResources, ResourceOptions } from './options/resources.js';
import type { NormalisedSecurity, SecurityOptions } from './options/security.js';
import type { NormalisedStdio, StdioOptions } from './options/stdio.js';
import type { NormalisedStorage, StorageOptions } from './options/storage.js';
import type { UlimitOptions } from './options/ulimits.js';

/**
 * What a container is made from. Names are Docker's, in lowerCamelCase; sizes are bytes or
 * texts such as `'512m'`. A wrong or unknown option fails with an `InvalidArgumentError` that
 * names it, before anything is made.
 *
 * @example
 * ```ts
 * const options: ContainerOptions = {
 *   image: 'host',
 *   command: ['sh', '-c', 'echo "$GREETING"'],
 *   env: { GREETING: 'hello' },
 *   memory: '256m',
 *   cpus: 1.5,
 *   pidsLimit: 128,
 *   readOnly: true,
 *   tmpfs: { '/tmp': 'size=64m' },
 * };
 * ```
 */
export interface ContainerOptions
  extends IdentityOptions,
    ProcessOptions,
    StdioOptions,
    ResourceOptions,
    BlockIoOptions,
    UlimitOptions,
    StorageOptions,
    DeviceOptions,
    SecurityOptions,
    NamespaceOptions,
    NetworkOptions,
    LifecycleOptions {}

/** @internal {@link ContainerOptions} after checking, with sizes and times as numbers. */
export interface NormalisedOptions
  extends NormalisedIdentity,
    NormalisedProcess,
    NormalisedStdio,
    NormalisedResources,
    NormalisedBlockIo,
    NormalisedStorage,
    NormalisedDevices,
    NormalisedSecurity,
    NormalisedNamespaces,
    NormalisedNetwork,
    NormalisedLifecycle {
  ulimits: readonly PosixRlimit[];
}

export type { MapOrList } from '../check.js';
export type { DeviceRate, DeviceWeight } from './options/block-io.js';
export type { DeviceOption } from './options/devices.js';
export type { ExecOptions, NormalisedExec } from './options/exec.js';
export type { ImageHandle } from './options/identity.js';
export type { EngineHandle } from './options/lifecycle.js';
export type {
  BindMount,
  BindRecursive,
  MountOption,
  Propagation,
  TmpfsMount,
} from './options/mount.js';
export type { IdMappingOption } from './options/namespaces.js';
export type { EnvOption } from './options/process.js';
export type { SeccompOption } from './options/security.js';
export type { StdioOption } from './options/stdio.js';
export type { UlimitName, UlimitValue } from './options/ulimits.js';
