// SPDX-License-Identifier: Apache-2.0
// Kernel settings that a namespace has of its own.

export const IPC_SYSCTLS: readonly string[] = [
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
  'kernel.sem',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
  'kernel.shm_rmid_forced',
];

/** Which namespace a setting belongs to; undefined: the machine. */
export function sysctlNamespace(name: string): 'ipc' | 'network' | undefined {
  if (IPC_SYSCTLS.includes(name) || name.startsWith('fs.mqueue.')) return 'ipc';
  return name.startsWith('net.') ? 'network' : undefined;
}
