// SPDX-License-Identifier: Apache-2.0
// Every file of a tree once, parents before children, in the order of the names:
// the same tree gives the same walk. No link is followed and no mount entered.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>

#include "sys/fd.h"

namespace slipway {

struct TreeNode {
  std::string path;  // "" is the root
  std::string name;
  int parent;  // the folder it is in; the root's own descriptor for the root
  Fd inode;    // O_PATH
  struct stat status;
  bool mount;  // something is mounted there: what is beneath is not visited
};

void walkTree(int rootFd, const std::function<void(const TreeNode&)>& visit);

// The regular file of `node` for reading, even when its name is another's by now.
Fd openForReading(const TreeNode& node);

}  // namespace slipway
