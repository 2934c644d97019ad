// SPDX-License-Identifier: Apache-2.0
#include "supervisor/worn_filter.h"

#include <linux/seccomp.h>
#include <sched.h>
#include <sys/syscall.h>

#include <algorithm>

#include "container/seccomp_answers.h"
#include "container/system.h"
#include "supervisor/exec_child.h"

namespace slipway {
namespace {

constexpr unsigned kHarmlessFlags = SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW;

// All of an agent that serves and of a child until its execve. A test runs execs
// under a profile that knows no others.
constexpr long kCalls[] = {
    // what the C++ library may need
    SYS_brk,
    SYS_mmap,
    SYS_munmap,
    SYS_mremap,
    SYS_mprotect,
    SYS_madvise,
    SYS_futex,
    SYS_getrandom,
    SYS_clock_gettime,
    SYS_rt_sigprocmask,
    // orders and reports
    SYS_recvmsg,
    SYS_recvfrom,
    SYS_sendmsg,
    SYS_ppoll,
#ifdef SYS_poll
    SYS_poll,
#endif
    // users, the terminal, the root
    SYS_openat,
    SYS_openat2,
    SYS_read,
    SYS_pread64,
    SYS_close,
    SYS_fcntl,
    SYS_fstat,
    SYS_fstatfs,
    SYS_newfstatat,
    SYS_lseek,
    SYS_ioctl,
    SYS_getdents64,
    SYS_capget,
    SYS_prctl,
    SYS_exit,
    SYS_exit_group,
    // the departure of a child
    SYS_setsid,
    SYS_dup3,
    SYS_close_range,
    SYS_prlimit64,
    SYS_sched_setattr,
    SYS_ioprio_set,
    SYS_fchown,
    SYS_chdir,
    SYS_getcwd,
    SYS_mkdirat,
    SYS_write,
    SYS_umask,
    SYS_setgroups,
    SYS_setresgid,
    SYS_setresuid,
    SYS_capset,
    SYS_faccessat,
    SYS_execve,
};

}  // namespace

bool mayBeWorn(const SeccompFilter& filter) {
  if ((filter.flags & ~kHarmlessFlags) != 0) return false;
  const auto allows = [&filter](const AskedCall& call) {
    return alwaysAllows(filter.program, call);
  };
  const AskedCall keys{.number = SYS_keyctl};
  return std::ranges::all_of(kCalls, [&](long number) { return allows({.number = number}); }) &&
         allows({.number = SYS_clone, .arguments = {kBearBeside}}) &&
         allows({.number = SYS_clone, .arguments = {kBearAlone}}) &&
         (allows(keys) || alwaysRefuses(filter.program, keys));
}

bool wearFilter(const SeccompFilter& filter) {
  raise(newKeyring());
  raise(attachSeccomp(filter.program, filter.flags));
  return alwaysAllows(filter.program, {.number = SYS_keyctl});
}

}  // namespace slipway
