// SPDX-License-Identifier: Apache-2.0
#include "supervisor/fork_child.h"

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "init/report.h"
#include "sys/error.h"
#include "sys/kernel.h"
#include "sys/message.h"

namespace slipway {

Child cloneChild(const char* step, uint64_t flags, int exitSignal) {
  int pidfd = -1;
  kernel::CloneArgs args;
  args.flags = CLONE_PIDFD | flags;
  args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  args.exitSignal = (flags & CLONE_PARENT) != 0 ? 0 : static_cast<uint64_t>(exitSignal);
  Child child;
  child.pid = check(kernel::clone3(args), step, "clone3");
  if (child.pid != 0) child.pidfd.reset(pidfd);
  return child;
}

Child forkChild(const char* step, const std::function<void()>& forgetParent,
                const std::function<void(int socket)>& body, int exitSignal) {
  auto [mine, its] = messagePair();
  Child child = cloneChild(step, 0, exitSignal);
  if (child.pid != 0) {
    child.socket = std::move(mine);
    return child;
  }
  const int socket = its.release();
  try {
    mine.reset();
    forgetParent();
    dieWithSupervisor(socket);
    body(socket);
    _exit(0);
  } catch (const std::exception& error) {
    reportFailed(socket, asSysError(error, step));
    _exit(125);
  }
}

}  // namespace slipway
