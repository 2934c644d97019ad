// SPDX-License-Identifier: Apache-2.0
// System calls that a container has no use for: each is refused by the filter,
// whatever its arguments, in the container and in exec.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { numbers, type RunOptions, useRange } from './attack.js';

const ENOSYS = 38;
const EPERM = 1;
const ALLOWED = ['clone', 'ptrace', 'socket-unix'];
// Callers fall back to clone, whose flags the filter can see.
const ABSENT = ['clone3'];

const REFUSED = [
  ...['clone-user', 'clone-mount', 'clone-net', 'clone-pid', 'clone-cgroup', 'unshare', 'setns'],
  ...['mount', 'umount2', 'pivot_root', 'open_tree', 'move_mount', 'fsopen', 'fsconfig', 'fsmount'],
  ...['fspick', 'mount_setattr', 'open_by_handle_at', 'quotactl', 'swapon', 'swapoff', 'bpf'],
  ...['perf_event_open', 'userfaultfd', 'io_uring_setup', 'io_uring_enter', 'io_uring_register'],
  ...['keyctl', 'add_key', 'request_key', 'kexec_load', 'kexec_file_load', 'init_module'],
  ...['finit_module', 'delete_module', 'reboot', 'acct', 'syslog', 'settimeofday', 'clock_settime'],
  ...['sethostname', 'setdomainname', 'fanotify_init', 'vhangup', 'move_pages', 'personality'],
  'socket-vsock',
];

function assertFiltered(text: string | undefined): void {
  const answers = numbers(text ?? '');
  for (const name of REFUSED) assert.equal(answers[name], EPERM, name);
  for (const name of ABSENT) assert.equal(answers[name], ENOSYS, name);
  for (const name of ALLOWED) assert.equal(answers[name], 0, name);
}

describe('system calls that a container may not make', function () {
  this.timeout(20_000);
  const range = useRange('calls');
  const command = ['/probes/calls'];

  const HOW: readonly [string, Partial<RunOptions>][] = [
    ['as root', {}],
    ['as a user', { user: '1000' }],
    ['with no-new-privileges', { securityOpt: ['no-new-privileges'], user: '1000' }],
    ['under an init', { init: true }],
    [
      'in a privileged container that asks for the filter',
      { privileged: true, capDrop: ['ALL'], securityOpt: ['seccomp=builtin'] },
    ],
  ];
  for (const [how, options] of HOW) {
    it(`are refused ${how}`, async () => {
      assertFiltered((await range.run({ command, ...options })).stdout);
    });
  }

  it('are refused in exec', async () => {
    await using box = await range.start({ command: ['sleep', '60'] });
    assertFiltered((await box.exec(command)).stdout);
    assertFiltered((await box.exec(command, { user: '1000' })).stdout);
  });

  it('that change namespaces are left to those who are given CAP_SYS_ADMIN', async () => {
    const answers = numbers((await range.run({ command, capAdd: ['SYS_ADMIN'] })).stdout);
    assert.equal(answers['unshare'], 0);
    assert.equal(answers['keyctl'], EPERM);
    assert.equal(answers['io_uring_setup'], EPERM);
  });
});
