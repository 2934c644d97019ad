// SPDX-License-Identifier: Apache-2.0
#include "container/cgroup_tree.h"

#include <dirent.h>
#include <fcntl.h>

#include <memory>

#include "sys/error.h"
#include "sys/fd.h"

namespace slipway {
namespace {

constexpr const char* kStep = "list cgroups";

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

struct Level {
  std::string name;
  std::vector<std::string> pending;
};

// ENODEV comes from a folder that was removed while it was held open.
bool gone(int error) { return error == ENOENT || error == ENODEV; }

Fd tryEnter(int base, const std::string& name) {
  Fd fd(::openat(base, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const int saved = errno;
  if (!fd && !gone(saved)) throw SysError(kStep, "openat", name, saved);
  return fd;
}

}  // namespace

std::vector<std::string> childFolders(int dir, const std::string& path) {
  // Through "." because the descriptor may be O_PATH, and its offset is not ours.
  Fd fd = tryEnter(dir, ".");
  if (!fd) return {};
  std::unique_ptr<DIR, CloseDir> stream(::fdopendir(fd.get()));
  if (!stream) {
    const int saved = errno;
    throw SysError(kStep, "fdopendir", path, saved);
  }
  fd.release();
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    const int saved = errno;
    if (!entry && saved && !gone(saved)) throw SysError(kStep, "getdents", path, saved);
    if (!entry) return names;
    if (entry->d_type != DT_DIR) continue;
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
}

void walkCgroups(int base, const std::string& name,
                 const std::function<void(int parent, const std::string& name)>& leave) {
  Fd at = tryEnter(base, name);
  if (!at) return;
  std::vector<Level> levels;
  levels.push_back({name, childFolders(at.get(), name)});
  while (!levels.empty()) {
    Level& top = levels.back();
    if (!top.pending.empty()) {
      std::string child = std::move(top.pending.back());
      top.pending.pop_back();
      Fd next = tryEnter(at.get(), child);
      if (!next) continue;
      at = std::move(next);
      auto pending = childFolders(at.get(), child);
      levels.push_back({std::move(child), std::move(pending)});
      continue;
    }
    const std::string done = std::move(top.name);
    levels.pop_back();
    if (!levels.empty())
      at.reset(check(::openat(at.get(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC), kStep, "openat",
                     done));
    leave(levels.empty() ? base : at.get(), done);
  }
}

}  // namespace slipway
