// SPDX-License-Identifier: Apache-2.0
#include "supervisor/kept_root.h"

#include <dirent.h>
#include <time.h>

#include <algorithm>
#include <memory>

#include "spec/json.h"

namespace slipway {
namespace {

constexpr size_t kMost = 64;

int64_t nanoseconds(const timespec& time) {
  return static_cast<int64_t>(time.tv_sec) * 1000000000 + time.tv_nsec;
}

bool same(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino &&
         nanoseconds(a.st_ctim) == nanoseconds(b.st_ctim);
}

}  // namespace

std::optional<KeptRoot> KeptRoot::of(Message& idle) {
  if (idle.fds.empty()) return std::nullopt;
  const json::Document document = json::parse(idle.data);
  RootMounts mounts;
  document.root().require("dir", mounts.dir);
  std::vector<uint64_t> numbers;
  document.root().require("layers", numbers);
  for (size_t i = 0; i + 1 < numbers.size(); i += 2)
    mounts.layers.emplace_back(numbers[i], numbers[i + 1]);
  mounts.overlays = std::move(idle.fds);
  KeptRoot kept(std::move(mounts));
  if (!kept.look()) return std::nullopt;
  return kept;
}

// False when a folder is gone, since the slot took its guess down, or when there
// is more than the few targets of mounts.
bool KeptRoot::look() {
  for (size_t i = 0; i < mounts_.overlays.size(); i++) {
    const std::string suffix = i == 0 ? "" : std::to_string(i);
    if (!lookBelow(mounts_.dir + "/upper" + suffix)) return false;
    if (!lookBelow(mounts_.dir + "/work" + suffix + "/work")) return false;
  }
  return true;
}

bool KeptRoot::lookBelow(const std::string& path) {
  Seen& seen = seen_.emplace_back(path);
  if (seen_.size() > kMost || lstat(path.c_str(), &seen.status) < 0) return false;
  if (!S_ISDIR(seen.status.st_mode)) return true;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path.c_str()), closedir);
  if (!folder) return false;
  while (const dirent* entry = readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && !lookBelow(path + "/" + entry->d_name)) return false;
  }
  return true;
}

bool KeptRoot::wouldShowWrites() const {
  timespec tick{}, now{};
  clock_getres(CLOCK_REALTIME_COARSE, &tick);
  // A file system that keeps whole seconds, such as ext4 with small inodes.
  if (std::ranges::all_of(seen_, [](const Seen& seen) { return seen.status.st_ctim.tv_nsec == 0; }))
    tick = {1, 0};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return std::ranges::all_of(seen_, [&](const Seen& seen) {
    return nanoseconds(now) - nanoseconds(seen.status.st_ctim) >= 2 * nanoseconds(tick);
  });
}

bool KeptRoot::isUntouched() const {
  return std::ranges::all_of(seen_, [](const Seen& seen) {
    struct stat now{};
    return lstat(seen.path.c_str(), &now) == 0 && same(now, seen.status);
  });
}

}  // namespace slipway
