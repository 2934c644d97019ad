// SPDX-License-Identifier: Apache-2.0
#include "init/prepared.h"

#include "container/mounts.h"
#include "supervisor/cleanup.h"

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
  overlays_ = sample.overlays;
  for (const spec::Mount& mount : sample.mounts) {
    fileSystems_.emplace_back(mount, makeFileSystem(mount));
  }
}

Rootfs Prepared::takeRootfs(const Plan& plan, bool rootless) {
  if (rootfs_ && plan.rootfs.dir == dir_ && same(overlays_, plan.rootfs.overlays))
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
