// SPDX-License-Identifier: Apache-2.0
// Taking away what a container or a dead supervisor left.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "container/cgroup.h"

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

std::string usageJson(const CgroupUsage& usage);

}  // namespace slipway
