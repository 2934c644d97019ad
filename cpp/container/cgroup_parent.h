// SPDX-License-Identifier: Apache-2.0
// A CgroupParent's folder in one hierarchy. For the cgroup*.cc files alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "container/cgroup.h"

namespace slipway {

struct CgroupParent::Entry {
  const CgroupHierarchy* hierarchy;
  std::string relative;                    // below the mount point, without a leading '/'
  std::string path;                        // absolute
  Fd mount, fd;                            // mount point and folder, both O_PATH
  std::vector<std::string> enabled = {};   // v2: what cgroup.subtree_control passes on
  std::vector<std::string> withheld = {};  // v2: default controllers not to be had
  bool checked = false;                    // made or verified by this object

  CgroupDir above(std::string_view relativePath) const;  // a view: keep the string
  std::vector<std::string> prefixes() const;             // "a", "a/b", "a/b/c"
  bool openFolder();
  void makeFolders();
  void readEnabled();
  void refuseThreaded() const;
};

// A v1 cpuset starts empty and takes no process until it has CPUs and memory nodes.
void fillCpuset(const CgroupDir& dir, const CgroupDir& above);

const char* cgroupMkdirHint(int error);

}  // namespace slipway
