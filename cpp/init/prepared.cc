// SPDX-License-Identifier: Apache-2.0
#include "init/prepared.h"

#include <sys/stat.h>

#include "container/mounts.h"
#include "supervisor/cleanup.h"
#include "sys/failpoint.h"

namespace slipway {
namespace {

bool same(const OverlayPlan& a, const OverlayPlan& b) {
  return a.target == b.target && a.lower == b.lower;
}

bool same(const std::vector<OverlayPlan>& a, const std::vector<OverlayPlan>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); i++) {
    if (!same(a[i], b[i])) return false;
  }
  return true;
}

// A layer may have been removed and unpacked again under the same path.
std::vector<std::pair<dev_t, ino_t>> foldersOf(const std::vector<OverlayPlan>& overlays) {
  std::vector<std::pair<dev_t, ino_t>> folders;
  for (const OverlayPlan& overlay : overlays) {
    for (const std::string& path : overlay.lower) {
      struct stat status{};
      if (stat(path.c_str(), &status) == 0) folders.emplace_back(status.st_dev, status.st_ino);
    }
  }
  return folders;
}

bool same(const spec::Mount& a, const spec::Mount& b) {
  return a.destination == b.destination && a.type == b.type && a.source == b.source &&
         a.options == b.options;
}

}  // namespace

Sample Sample::of(const Plan& plan) {
  Sample sample{plan.rootfs.overlays, plan.rootfs.isVolatile, {}};
  for (const spec::Mount& mount : plan.spec.mounts) {
    if (canPrepare(mount)) sample.mounts.push_back(mount);
  }
  return sample;
}

Prepared::Prepared(const Sample& sample, std::string dir, bool rootless) : dir_(std::move(dir)) {
  if (sample.overlays.empty()) return;
  rootfs_ = makeRootfs({sample.overlays, dir_, sample.isVolatile}, {}, rootless, {});
  failPoint("prepare rootfs");
  overlays_ = sample.overlays;
  layers_ = foldersOf(overlays_);
  for (const spec::Mount& mount : sample.mounts) {
    fileSystems_.emplace_back(mount, makeFileSystem(mount));
  }
  failPoint("prepare file systems");
}

Rootfs Prepared::takeRootfs(const Plan& plan, bool rootless) {
  if (rootfs_ && plan.rootfs.dir == dir_ && same(overlays_, plan.rootfs.overlays) &&
      (layers_.empty() || layers_ == foldersOf(overlays_)))
    return std::move(*rootfs_);
  if (rootfs_) {
    rootfs_.reset();
    removeFolder(dir_);
  }
  return makeRootfs(plan.rootfs, plan.spec, rootless, {});
}

Fd Prepared::takeFileSystem(const spec::Mount& mount) {
  for (auto& [known, fd] : fileSystems_) {
    if (fd && same(known, mount)) return std::move(fd);
  }
  return Fd();
}

}  // namespace slipway
