// SPDX-License-Identifier: Apache-2.0
#include "supervisor/cleanup.h"

#include <dirent.h>
#include <fcntl.h>

#include "image/remove_tree.h"
#include "sys/error.h"

namespace slipway {

std::vector<std::string> namesIn(const std::string& path, const char* step) {
  std::vector<std::string> found;
  DIR* dir = opendir(path.c_str());
  if (dir == nullptr) {
    if (errno == ENOENT) return found;
    throw SysError(step, "opendir", path, errno);
  }
  while (const dirent* entry = readdir(dir)) {
    if (entry->d_name[0] != '.') found.emplace_back(entry->d_name);
  }
  closedir(dir);
  return found;
}

void removeFolder(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string above = path.substr(0, slash);
  const Fd parent(open(above.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!parent) {
    if (errno == ENOENT) return;
    throw SysError("remove folder", "open", path, errno);
  }
  try {
    removeTree(parent.get(), path.substr(slash + 1));
  } catch (SysError& error) {
    error.path.insert(0, above + "/");
    throw;
  }
}

void killCgroup(const std::shared_ptr<CgroupParent>& parent, const std::string& name) {
  if (!parent) return;
  try {
    Cgroup::open(parent, name).killAll(SIGKILL);
  } catch (const SysError& error) {
    if (error.err != ENOENT) throw;
  }
}

void removeCgroup(const std::shared_ptr<CgroupParent>& parent, const std::string& name,
                  int timeoutMs) {
  if (!parent) return;
  try {
    Cgroup cgroup = Cgroup::open(parent, name);
    cgroup.killAll(SIGKILL);
    cgroup.remove(timeoutMs);
  } catch (const SysError& error) {
    if (error.err != ENOENT) throw;
  }
}

}  // namespace slipway
