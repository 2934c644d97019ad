// SPDX-License-Identifier: Apache-2.0
#include "init/reaper.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/error.h"
#include "sys/kernel.h"

namespace slipway {
namespace {

constexpr const char* kStep = "start init";

// Ends process 1 once its program has ended; until then reaps whatever dies.
void reapAll(pid_t program) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid != program) continue;
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  }
}

[[noreturn]] void serve(pid_t program, const sigset_t& all) {
  for (;;) {
    siginfo_t info;
    const int signal = sigwaitinfo(&all, &info);
    if (signal < 0) continue;  // EINTR after a stop
    if (signal == SIGCHLD) {
      reapAll(program);
    } else {
      kill(program, signal);  // it may have ended just now: the SIGCHLD follows
    }
  }
}

}  // namespace

void becomeReaper(int socket) {
  sigset_t all, before;
  sigfillset(&all);
  check(sigprocmask(SIG_SETMASK, &all, &before), kStep, "sigprocmask");
  const pid_t program = check(fork(), kStep, "fork");
  if (program != 0) {
    close(socket);
    check(kernel::closeRange(3, ~0u, 0), kStep, "close_range");
    serve(program, all);
  }
  // Its own group in the foreground: Ctrl-C reaches the program, not process 1.
  check(setpgid(0, 0), kStep, "setpgid");
  if (isatty(0)) check(tcsetpgrp(0, getpid()), kStep, "tcsetpgrp");
  check(sigprocmask(SIG_SETMASK, &before, nullptr), kStep, "sigprocmask");
}

}  // namespace slipway
