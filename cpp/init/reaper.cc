// SPDX-License-Identifier: Apache-2.0
#include "init/reaper.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "init/launch.h"
#include "init/report.h"
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

// Returns in the child, which becomes the program.
void becomeReaper(int socket) {
  sigset_t all, before;
  sigfillset(&all);
  check(sigprocmask(SIG_SETMASK, &all, &before), kStep, "sigprocmask");
  const pid_t program = fork();
  if (program < 0) {
    const int saved = errno;
    throw SysError(
        kStep, "fork", "", saved,
        saved == EAGAIN ? "the container's pids limit is reached, or its ulimit nproc" : "");
  }
  if (program != 0) {
    // The only one: the others closed when this program was executed.
    check(close(socket), kStep, "close");
    serve(program, all);
  }
  check(fcntl(socket, F_SETFD, FD_CLOEXEC), kStep, "fcntl");
  // Its own group in the foreground: Ctrl-C reaches the program, not process 1.
  // An inherited terminal belongs to the session of whoever started us.
  check(setpgid(0, 0), kStep, "setpgid");
  if (tcgetsid(0) == getsid(0)) check(tcsetpgrp(0, getpid()), kStep, "tcsetpgrp");
  check(sigprocmask(SIG_SETMASK, &before, nullptr), kStep, "sigprocmask");
}

}  // namespace

void execInit(int self, int socket, const std::string& program, const Program& its) {
  std::vector<std::string> words{"slipway-init", std::to_string(socket), program};
  words.insert(words.end(), its.args.begin(), its.args.end());
  const Program init(std::move(words), its.env);
  check(fcntl(socket, F_SETFD, 0), kStep, "fcntl");
  execveat(self, "", init.argv.data(), init.envp.data(), AT_EMPTY_PATH);
  const int saved = errno;
  throw SysError(kStep, "execveat", "", saved,
                 saved == EPERM ? "the seccomp profile must allow execveat for an init" : "");
}

void runInit(int argc, char** argv) {
  if (argc < 4) _exit(2);
  const int socket = static_cast<int>(strtol(argv[1], nullptr, 10));
  try {
    check(prctl(PR_SET_NAME, "init", 0, 0, 0), kStep, "prctl", "PR_SET_NAME");
    becomeReaper(socket);
    execve(argv[2], argv + 3, environ);
    throw SysError("exec", "execve", argv[2], errno);
  } catch (const SysError& error) {
    reportFailed(socket, error);
    _exit(exitCodeOf(error.syscall.c_str(), error.err));
  }
}

}  // namespace slipway
