// SPDX-License-Identifier: Apache-2.0
// Taking away what a container or a dead supervisor left.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "container/cgroup.h"
#include "sys/error.h"

namespace slipway {

// What is in a folder, without hidden files; nothing in a missing one.
std::vector<std::string> namesIn(const std::string& path, const char* step);

// Removes a folder tree; a missing one is success.
void removeFolder(const std::string& path);

// Kills whatever is in the cgroup, paused or not; a missing one is success, as
// is no parent: a container without a cgroup.
void killCgroup(const std::shared_ptr<CgroupParent>& parent, const std::string& name);

// The kernel lets go of a cgroup's dead processes a little late; this many quick
// looks, each twice as long after the last, then the failure is told.
inline constexpr int kRemoveTries = 11;

// The same, and removes it; EBUSY when the kernel has not let go of its
// processes within `timeoutMs`.
void removeCgroup(const std::shared_ptr<CgroupParent>& parent, const std::string& name,
                  int timeoutMs = 1000);

// Works that do not depend on each other: all are done, whatever fails.
class Attempts {
 public:
  void make(const std::function<void()>& work);
  const std::optional<SysError>& failure() const { return failure_; }  // the first
  void finish() const;                                                 // throws it

 private:
  std::optional<SysError> failure_;
};

// All below `parent` and, where nobody else uses them, the last `levels` folders
// of its path. The wait for processes is one for all of them.
void removeCgroups(Attempts& attempts, const std::shared_ptr<CgroupParent>& parent, int levels);

std::string usageJson(const CgroupUsage& usage);

}  // namespace slipway
