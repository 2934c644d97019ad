// SPDX-License-Identifier: Apache-2.0
// Taking away what a container or a dead supervisor left.
#pragma once

#include <memory>
#include <string>

#include "container/cgroup.h"

namespace slipway {

// Removes a folder tree; a missing one is success.
void removeFolder(const std::string& path);

// Kills whatever is in the cgroup, paused or not; a missing one is success, as
// is no parent: a container without a cgroup.
void killCgroup(const std::shared_ptr<CgroupParent>& parent, const std::string& name);

// The same, and removes it.
void removeCgroup(const std::shared_ptr<CgroupParent>& parent, const std::string& name,
                  int timeoutMs = 1000);

std::string usageJson(const CgroupUsage& usage);

}  // namespace slipway
