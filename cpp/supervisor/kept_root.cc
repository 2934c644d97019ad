// SPDX-License-Identifier: Apache-2.0
#include "supervisor/kept_root.h"

#include <time.h>

#include <algorithm>

#include "spec/json.h"

namespace slipway {
namespace {

int64_t nanoseconds(const timespec& time) {
  return static_cast<int64_t>(time.tv_sec) * 1000000000 + time.tv_nsec;
}

bool same(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino &&
         nanoseconds(a.st_ctim) == nanoseconds(b.st_ctim);
}

}  // namespace

KeptRoot::KeptRoot(RootMounts mounts) : mounts_(std::move(mounts)) {}

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
  auto seen = kept.look();
  if (!seen) return std::nullopt;
  kept.seen_ = std::move(*seen);
  return kept;
}

// Nothing when a folder is gone: the slot took its guess down.
std::optional<std::vector<struct stat>> KeptRoot::look() const {
  std::vector<struct stat> now;
  for (size_t i = 0; i < mounts_.overlays.size(); i++) {
    const std::string suffix = i == 0 ? "" : std::to_string(i);
    for (const std::string& path :
         {mounts_.dir + "/upper" + suffix, mounts_.dir + "/work" + suffix + "/work"}) {
      if (lstat(path.c_str(), &now.emplace_back()) < 0) return std::nullopt;
    }
  }
  return now;
}

bool KeptRoot::wouldShowWrites() const {
  timespec tick{}, now{};
  clock_getres(CLOCK_REALTIME_COARSE, &tick);
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return std::all_of(seen_.begin(), seen_.end(), [&](const struct stat& folder) {
    return nanoseconds(now) - nanoseconds(folder.st_ctim) >= 2 * nanoseconds(tick);
  });
}

bool KeptRoot::isUntouched() const {
  const auto now = look();
  return now && std::equal(now->begin(), now->end(), seen_.begin(), seen_.end(), same);
}

}  // namespace slipway
