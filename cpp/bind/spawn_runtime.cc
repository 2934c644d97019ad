// SPDX-License-Identifier: Apache-2.0
// Node has threads and a large heap, so the child shares its memory until
// execveat (CLONE_VM | CLONE_VFORK), runs on a stack of its own and makes system
// calls only.
#include "bind/spawn_runtime.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <mutex>

#include "sys/descriptors.h"
#include "sys/error.h"
#include "sys/kernel.h"
#include "sys/message.h"

namespace slipway::bind {
namespace {

constexpr const char* kStep = kLaunchStep;
constexpr unsigned kMfdExec = 0x10;  // 6.3; older kernels answer EINVAL
constexpr int kControl = 3;

Fd copySealed(const std::string& path) {
  const Fd file(check(open(path.c_str(), O_RDONLY | O_CLOEXEC), kStep, "open", path));
  struct stat status;
  check(fstat(file.get(), &status), kStep, "fstat", path);
  int made = memfd_create("slipway-runtime", MFD_CLOEXEC | MFD_ALLOW_SEALING | kMfdExec);
  if (made < 0 && errno == EINVAL)
    made = memfd_create("slipway-runtime", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  Fd copy(check(made, kStep, "memfd_create"));
  off_t done = 0;
  while (done < status.st_size) {
    const ssize_t n =
        check(sendfile(copy.get(), file.get(), &done, static_cast<size_t>(status.st_size - done)),
              kStep, "sendfile", path);
    if (n == 0)
      throw SysError(kStep, "sendfile", path, EIO, "the file became shorter while it was read");
  }
  check(fcntl(copy.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE),
        kStep, "fcntl", "F_ADD_SEALS");
  // Out of the way of the descriptors the child sets up.
  return Fd(check(fcntl(copy.get(), F_DUPFD_CLOEXEC, 10), kStep, "fcntl", "F_DUPFD_CLOEXEC"));
}

// One sealed copy a process, whatever number of engines and worker threads.
int sealedRuntime(const std::string& path) {
  static std::mutex mutex;
  static Fd copy;
  const std::lock_guard<std::mutex> hold(mutex);
  if (!copy) copy = copySealed(path);
  return copy.get();
}

struct ChildArgs {
  int runtime, control, null;
  volatile int err;
  const char* volatile failed = "dup3";
};

// Before 5.11 one at a time.
bool closeOnExec(int first) {
  return syscall(kernel::kCloseRange, first, ~0u, kCloseRangeCloexec) == 0 ||
         closeOnExecFrom(first) == 0;
}

// Raw system calls only: it shares the memory of a threaded process.
int childMain(void* argument) {
  auto* args = static_cast<ChildArgs*>(argument);
  static char name[] = "slipway-runtime", verb[] = "supervise", empty[] = "";
  char* argv[] = {name, verb, nullptr};
  char* envp[] = {nullptr};
  // Or Ctrl-C and Ctrl-Z on the terminal would reach it, and end what it holds.
  syscall(SYS_setsid);
  for (int fd = 0; fd < 3; fd++) syscall(SYS_dup3, args->null, fd, 0);
  if (syscall(SYS_dup3, args->control, kControl, 0) >= 0) {
    args->failed = "close_range";
    if (closeOnExec(kControl + 1)) {
      args->failed = "execveat";
      syscall(SYS_execveat, args->runtime, empty, argv, envp, AT_EMPTY_PATH);
    }
  }
  args->err = errno;
  syscall(SYS_exit_group, 127);
  return 0;
}

}  // namespace

Launched launchRuntime(const std::string& path) {
  const int runtime = sealedRuntime(path);
  const Fd null(check(open("/dev/null", O_RDWR | O_CLOEXEC), kStep, "open", "/dev/null"));
  const Fd nullHigh(check(fcntl(null.get(), F_DUPFD_CLOEXEC, 10), kStep, "fcntl"));
  auto [mine, its] = messagePair();
  const Fd control(check(fcntl(its.get(), F_DUPFD_CLOEXEC, 10), kStep, "fcntl"));
  its.reset();
  constexpr size_t stackSize = 64 * 1024;
  const auto stack = std::make_unique<char[]>(stackSize);
  ChildArgs args{runtime, control.get(), nullHigh.get(), 0};
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int pidfd = -1;
  // No exit signal: libuv and other owners of children never see it.
  const pid_t pid = clone(childMain, stack.get() + stackSize, CLONE_VM | CLONE_VFORK | CLONE_PIDFD,
                          &args, &pidfd);
  const int saved = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) throw SysError(kStep, "clone", "", saved);
  Launched launched{std::move(mine), Fd(pidfd), pid};
  if (args.err != 0) {
    siginfo_t info;
    waitid(static_cast<idtype_t>(3), static_cast<id_t>(pidfd), &info, WEXITED | __WALL);
    throw SysError(kStep, args.failed, path, args.err);
  }
  return launched;
}

}  // namespace slipway::bind
