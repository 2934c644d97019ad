// SPDX-License-Identifier: Apache-2.0
#include "supervisor/sweeper.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <set>

#include "init/report.h"
#include "supervisor/children.h"
#include "supervisor/cleanup.h"
#include "supervisor/fork_child.h"
#include "sys/descriptors.h"
#include "sys/failpoint.h"
#include "sys/kernel.h"
#include "sys/message.h"

namespace slipway {
namespace {

constexpr const char* kStep = "remove folder";

// Deletes all that is in the trash each time it is woken, until the supervisor
// closes its end. What failed once is told once.
void sweep(int socket, const std::string& trash) {
  std::set<std::string> failed;
  const std::string folder = trash + "/";
  Message wake;
  while (receiveMessage(socket, wake, true) == Received::message) {
    for (const std::string& name : namesIn(trash, kStep)) {
      if (failed.count(name) != 0) continue;
      try {
        removeFolder(folder + name);
      } catch (const SysError& error) {
        failed.insert(name);
        // Never waits: the supervisor may be waiting for this process to end.
        trySendMessage(socket, R"({"error":)" + errorJson(error) + "}", {});
      }
    }
  }
}

}  // namespace

void Sweeper::launch() {
  if (mkdir(trash_.c_str(), 0700) < 0 && errno != EEXIST)
    throw SysError(kStep, "mkdir", trash_, errno);
  failPoint("start sweeper");
  Child child = forkChild(kStep, forgetParent_, [this](int socket) {
    setpriority(PRIO_PROCESS, 0, 10);
    closeAllBut({socket});
    sweep(socket, trash_);
  });
  pidfd_ = std::move(child.pidfd);
  socket_ = std::move(child.socket);
  loop_.watch(socket_.get(), [this] { said(); });
}

// A failure, or its end, which nobody asked for: the next folder gets another
// sweeper, and that one finds what is left.
void Sweeper::said() {
  Message message;
  try {
    failPoint("hear sweeper");
    const Received what = receiveMessage(socket_.get(), message, false);
    if (what == Received::closed) return drop();
    if (what == Received::nothing) return;
    const json::Document document = json::parse(message.data);
    warn_(readError(document.root().at("error")));
  } catch (const std::exception& error) {
    warn_(asSysError(error, kStep));
    drop();
  }
}

void Sweeper::drop() {
  kernel::pidfdSendSignal(pidfd_.get(), SIGKILL);
  loop_.unwatch(socket_.get());
  socket_.reset();
  collectChild(loop_, std::move(pidfd_));
}

void Sweeper::take(const std::string& path) {
  if (!socket_) launch();
  const std::string away = trash_ + "/" + std::to_string(++count_);
  failPoint("move folder away");
  if (rename(path.c_str(), away.c_str()) < 0) {
    if (errno == ENOENT) return;
    throw SysError(kStep, "rename", path, errno);
  }
  // A full socket holds wakes enough, and the end of the process is heard by said().
  trySendMessage(socket_.get(), "wake", {});
}

void Sweeper::finish() {
  if (!socket_) return;
  loop_.unwatch(socket_.get());
  socket_.reset();
  pidfd_.reset();
}

void Sweeper::forget() {
  socket_.reset();
  pidfd_.reset();
}

}  // namespace slipway
