// SPDX-License-Identifier: Apache-2.0
// Deletes what containers leave on disk, in a process of its own: a deletion
// costs far more than a rename on a journaling file system, and nobody waits
// for it. What is to go is first moved below `trash`.
#pragma once

#include <functional>
#include <string>

#include "supervisor/loop.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace slipway {

class Sweeper {
 public:
  // `trash` is a folder on the file system of the containers' folders. What
  // cannot be deleted is told to `warn`, stays, and goes with the engine's folder.
  Sweeper(Loop& loop, std::string trash, std::function<void()> forgetParent,
          std::function<void(const SysError&)> warn)
      : loop_(loop),
        trash_(std::move(trash)),
        forgetParent_(std::move(forgetParent)),
        warn_(std::move(warn)) {}

  // Moves a folder away, so that its name is free at once, and has it deleted.
  // A missing one is success.
  void take(const std::string& path);
  // Lets the process end once everything taken is deleted; it is still a child.
  void finish();
  // In a forked child: lets go of the supervisor's descriptors.
  void forget();

 private:
  void launch();
  void said();
  void drop();

  Loop& loop_;
  std::string trash_;
  std::function<void()> forgetParent_;
  std::function<void(const SysError&)> warn_;
  Fd socket_, pidfd_;
  uint64_t count_ = 0;
};

}  // namespace slipway
