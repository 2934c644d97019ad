// SPDX-License-Identifier: Apache-2.0
#include "supervisor/cleanup.h"

#include <dirent.h>
#include <fcntl.h>

#include "image/remove_tree.h"
#include "init/report.h"
#include "sys/error.h"
#include "sys/failpoint.h"

namespace slipway {
namespace {

constexpr uint64_t kPatienceNs = 1'000'000'000;

}  // namespace

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
  failPoint("remove folder");
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

void Attempts::make(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& error) {
    if (!failure_) failure_ = asSysError(error, "clean up");
  }
}

void Attempts::finish() const {
  if (failure_) throw *failure_;
}

void removeCgroups(Attempts& attempts, const std::shared_ptr<CgroupParent>& parent, int levels) {
  const uint64_t end = monotonicNs() + kPatienceNs;
  std::vector<std::string> names;
  attempts.make([&] { names = parent->list(); });
  for (const std::string& name : names) {
    const uint64_t now = monotonicNs();
    const int leftMs = now < end ? static_cast<int>((end - now) / 1000000) : 0;
    attempts.make([&] { removeCgroup(parent, name, leftMs); });
  }
  attempts.make([&] { parent->remove(levels); });
}

}  // namespace slipway
