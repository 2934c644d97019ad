// SPDX-License-Identifier: Apache-2.0
#include "container/inherited.h"

#include <fcntl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/error.h"
#include "sys/path.h"

namespace slipway {
namespace {

constexpr const char* kStep = "reset inherited state";
constexpr unsigned long kTimerSlackNs = 50000;

// A limit that this user may not lift stands, and one that this kernel does not
// know does not exist.
void loosen(long result, const char* syscall, const char* what) {
  if (result >= 0 || errno == EPERM || errno == EACCES || errno == EINVAL || errno == ENOSYS)
    return;
  throw SysError(kStep, syscall, what, errno);
}

void resetSignals() {
  for (int signal = 1; signal < NSIG; signal++) {
    if (signal == SIGKILL || signal == SIGSTOP) continue;
    struct sigaction action{};
    action.sa_handler = SIG_DFL;
    sigaction(signal, &action, nullptr);  // EINVAL for the two that libc keeps
  }
  sigset_t none;
  sigemptyset(&none);
  check(sigprocmask(SIG_SETMASK, &none, nullptr), kStep, "sigprocmask");
}

void resetScheduling() {
  const sched_param normal{};
  loosen(sched_setscheduler(0, SCHED_OTHER, &normal), "sched_setscheduler", "SCHED_OTHER");
  loosen(setpriority(PRIO_PROCESS, 0, 0), "setpriority", "");
  loosen(syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, 0), "ioprio_set", "");
  cpu_set_t all;
  CPU_ZERO(&all);
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) CPU_SET(cpu, &all);
  check(sched_setaffinity(0, sizeof all, &all), kStep, "sched_setaffinity");
  loosen(syscall(SYS_set_mempolicy, 0 /* MPOL_DEFAULT */, nullptr, 0), "set_mempolicy", "");
  check(prctl(PR_SET_TIMERSLACK, kTimerSlackNs, 0, 0, 0), kStep, "prctl", "PR_SET_TIMERSLACK");
}

void resetCoreFilter(int procSelf) {
  try {
    writeFileAt(procSelf, "coredump_filter", "0x33", 0, 0, kStep);
  } catch (const SysError& error) {
    if (error.err != ENOENT) throw;  // a kernel without core files
  }
}

// A program that is to die first hands that on only where it may not be undone;
// one that is protected keeps its supervisor protected, and containers are not.
void resetOomScore(int procSelf) {
  const Fd file(check(openat(procSelf, "oom_score_adj", O_RDONLY | O_CLOEXEC), kStep, "openat"));
  char first = 0;
  check(read(file.get(), &first, 1), kStep, "read", "oom_score_adj");
  if (first == '-' || first == '0') return;
  try {
    writeFileAt(procSelf, "oom_score_adj", "0", 0, 0, kStep);
  } catch (const SysError& error) {
    if (error.err != EACCES) throw;
  }
}

}  // namespace

void resetInherited() {
  umask(022);
  check(chdir("/"), kStep, "chdir", "/");
  resetSignals();
  resetScheduling();
  if (prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) > 0)
    loosen(prctl(PR_SET_SECUREBITS, SECUREBITS_DEFAULT, 0, 0, 0), "prctl", "PR_SET_SECUREBITS");
  check(personality(PER_LINUX), kStep, "personality");
  loosen(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0), "prctl", "PR_SET_THP_DISABLE");
  const Fd self(check(open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC), kStep, "open"));
  resetCoreFilter(self.get());
  resetOomScore(self.get());
}

}  // namespace slipway
