// SPDX-License-Identifier: Apache-2.0
#include "supervisor/cleanup.h"

#include <fcntl.h>

#include "image/remove_tree.h"
#include "sys/error.h"
#include "sys/failpoint.h"

namespace slipway {

void removeFolder(const std::string& path) {
  failPoint("remove folder");
  const size_t slash = path.rfind('/');
  const Fd parent(open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!parent) {
    if (errno == ENOENT) return;
    throw SysError("remove folder", "open", path, errno);
  }
  removeTree(parent.get(), path.substr(slash + 1));
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
