// SPDX-License-Identifier: Apache-2.0
#include "image/tree_walk.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "sys/error.h"
#include "sys/kernel.h"
#include "sys/path.h"

namespace slipway {
namespace {

constexpr const char* kStep = "read folder";

std::vector<std::string> namesIn(int folder, const std::string& path) {
  const int copy =
      check(openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), kStep, "openat", path);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(copy), closedir);
  if (!stream) throw SysError(kStep, "fdopendir", path, errno);
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(stream.get());
    if (!entry && errno != 0) throw SysError(kStep, "readdir", path, errno);
    if (!entry) break;
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// False when the file went away since its name was read.
bool openNode(TreeNode& node) {
  constexpr uint64_t flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
  const char* name = node.name.c_str();
  int fd = kernel::openat2(node.parent, name, flags, 0, RESOLVE_BENEATH | RESOLVE_NO_XDEV);
  node.mount = fd < 0 && errno == EXDEV;
  if (node.mount) fd = openat(node.parent, name, flags);
  if (fd < 0 && errno == ENOENT) return false;
  node.inode = Fd(check(fd, kStep, "openat2", node.path));
  check(fstat(node.inode.get(), &node.status), kStep, "fstat", node.path);
  return true;
}

}  // namespace

void walkTree(int rootFd, const std::function<void(const TreeNode&)>& visit) {
  TreeNode top{"", ".", rootFd, Fd(), {}, false};
  if (!openNode(top)) throw SysError(kStep, "openat2", "", ENOENT);
  visit(top);
  std::vector<std::string> folders{""};
  while (!folders.empty()) {
    const std::string path = folders.back();
    folders.pop_back();
    const Fd folder = openInRoot(rootFd, path, O_RDONLY | O_DIRECTORY, kStep, Links::refuse);
    std::vector<std::string> below;
    const std::string prefix = path.empty() ? "" : path + "/";
    for (std::string& name : namesIn(folder.get(), path)) {
      TreeNode node{prefix + name, name, folder.get(), Fd(), {}, false};
      if (!openNode(node)) continue;
      visit(node);
      if (S_ISDIR(node.status.st_mode) && !node.mount) below.push_back(node.path);
    }
    folders.insert(folders.end(), below.rbegin(), below.rend());
  }
}

Fd openForReading(const TreeNode& node) {
  return Fd(check(open(kernel::FdPath(node.inode.get()), O_RDONLY | O_CLOEXEC), kStep, "open",
                  node.path));
}

}  // namespace slipway
