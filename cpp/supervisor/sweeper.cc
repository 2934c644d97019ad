// SPDX-License-Identifier: Apache-2.0
#include "supervisor/sweeper.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "init/report.h"
#include "supervisor/children.h"
#include "supervisor/cleanup.h"
#include "sys/descriptors.h"
#include "sys/error.h"
#include "sys/failpoint.h"
#include "sys/kernel.h"
#include "sys/message.h"

namespace slipway {
namespace {

constexpr const char* kStep = "remove folder";

// A path a message, until the supervisor closes its end. What cannot be
// deleted stays in the trash and goes with the engine's folder.
[[noreturn]] void sweep(int socket) {
  Message message;
  while (receiveMessage(socket, message, true) == Received::message) {
    try {
      removeFolder(message.data);
    } catch (const SysError&) {
      continue;
    }
  }
  _exit(0);
}

}  // namespace

void Sweeper::launch() {
  if (mkdir(trash_.c_str(), 0700) < 0 && errno != EEXIST)
    throw SysError(kStep, "mkdir", trash_, errno);
  auto [mine, its] = messagePair();
  int pidfd = -1;
  kernel::CloneArgs args;
  args.flags = CLONE_PIDFD;
  args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  args.exitSignal = SIGCHLD;
  failPoint("start sweeper");
  const pid_t pid = check(kernel::clone3(args), kStep, "clone3");
  if (pid == 0) {
    mine.reset();
    setpriority(PRIO_PROCESS, 0, 10);
    forgetParent_();
    closeAllBut({its.get()});
    dieWithSupervisor(its.get());
    sweep(its.get());
  }
  pidfd_.reset(pidfd);
  socket_ = std::move(mine);
}

void Sweeper::take(const std::string& path) {
  if (!socket_) launch();
  const std::string away = trash_ + "/" + std::to_string(++count_);
  failPoint("move folder away");
  if (rename(path.c_str(), away.c_str()) < 0) {
    if (errno == ENOENT) return;
    throw SysError(kStep, "rename", path, errno);
  }
  if (sendMessage(socket_.get(), away)) return;
  // It was killed: the next folder gets another one, this one goes here.
  finish();
  removeFolder(away);
}

void Sweeper::finish() {
  if (!pidfd_) return;
  socket_.reset();
  reapChild(pidfd_.get());
  pidfd_.reset();
}

void Sweeper::forget() {
  socket_.reset();
  pidfd_.reset();
}

}  // namespace slipway
