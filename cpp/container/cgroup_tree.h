// SPDX-License-Identifier: Apache-2.0
// Walks cgroup folders that a container may have filled: any depth and width,
// with one descriptor and no recursion.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace slipway {

// Names of the folders in `dir`; `path` is for messages.
std::vector<std::string> childFolders(int dir, const std::string& path);

// Calls `leave` for `name` below `base` and for every folder in it, deepest
// first. Folders that vanish meanwhile are passed over.
void walkCgroups(int base, const std::string& name,
                 const std::function<void(int parent, const std::string& name)>& leave);

}  // namespace slipway
