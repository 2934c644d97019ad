// SPDX-License-Identifier: Apache-2.0
#include "init/prepared.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "container/mounts.h"
#include "supervisor/cleanup.h"
#include "sys/detached_mount.h"
#include "sys/error.h"
#include "sys/failpoint.h"
#include "sys/features.h"
#include "sys/path.h"

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

bool isBelow(const std::string& path, const std::string& folder) {
  return folder != "/" && path.size() > folder.size() && path.starts_with(folder) &&
         path[folder.size()] == '/';
}

// In another mount than that of "/".
bool isBelowOther(const Sample& sample, const std::string& path) {
  const auto above = [&path](const auto& mount) { return isBelow(path, mount); };
  return std::ranges::any_of(sample.mounts, above, &spec::Mount::destination) ||
         std::ranges::any_of(sample.overlays, above, &OverlayPlan::target);
}

struct Place {
  Fd parent;
  std::string name;
};

// Where to make what is not there. Anything odd about the path, such as a link,
// is left to the start, which meets it again and can say so.
std::optional<Place> missing(int root, const std::string& path) {
  constexpr const char* step = "prepare root";
  try {
    if (tryOpenInRoot(root, path, O_PATH, step, Links::refuse)) return std::nullopt;
    const size_t slash = path.rfind('/');
    Fd parent =
        tryOpenInRoot(root, path.substr(0, slash + 1), O_PATH | O_DIRECTORY, step, Links::refuse);
    if (!parent) return std::nullopt;
    return Place{std::move(parent), path.substr(slash + 1)};
  } catch (const SysError&) {
    return std::nullopt;
  }
}

bool same(const spec::Mount& a, const spec::Mount& b) {
  return a.destination == b.destination && a.type == b.type && a.source == b.source &&
         a.options == b.options;
}

}  // namespace

Sample Sample::of(const Plan& plan) {
  Sample sample{plan.rootfs.overlays, plan.rootfs.isVolatile, {}, {}};
  for (const FilePlan& file : plan.files) sample.files.push_back(file.path);
  for (const spec::Mount& mount : plan.spec.mounts) {
    if (canPrepare(mount)) sample.mounts.push_back(mount);
  }
  return sample;
}

Prepared::Prepared(const Sample& sample, std::string dir, bool rootless) : dir_(std::move(dir)) {
  // A classic overlay is attached for a moment, which only the private mounts of
  // a start may show.
  if (sample.overlays.empty() || !features().overlayLayers) return;
  rootfs_ = makeRootfs({sample.overlays, dir_, sample.isVolatile}, {}, rootless, {});
  failPoint("prepare rootfs");
  overlays_ = sample.overlays;
  layers_ = foldersOf(overlays_);
  makeTargets(sample);
  makeFileSystems(sample);
}

// What the start would have to make in the container's folder for lack of it in
// the image: made before, it is no trace of the container.
void Prepared::makeTargets(const Sample& sample) const {
  const int root = rootfs_->root.get();
  for (const spec::Mount& mount : sample.mounts) {
    if (isBelowOther(sample, mount.destination)) continue;
    if (const auto place = missing(root, mount.destination))
      mkdirat(place->parent.get(), place->name.c_str(), 0755);
  }
  for (const std::string& path : sample.files) {
    if (isBelowOther(sample, path)) continue;
    if (const auto place = missing(root, path))
      mknodat(place->parent.get(), place->name.c_str(), S_IFREG | 0644, 0);
  }
}

Prepared::Prepared(const Sample& sample, const RootMounts& kept)
    : dir_(kept.dir), overlays_(sample.overlays), layers_(kept.layers), rootfs_(Rootfs()) {
  for (size_t i = 0; i < overlays_.size(); i++) {
    Fd mount = cloneMount(kept.overlays.at(i).get(), false, "mount rootfs", overlays_[i].target);
    if (i == 0) {
      rootfs_->root = std::move(mount);
    } else {
      // A folder of the machine, where programs may have come and gone meanwhile.
      forgetNames(mount.get(), "mount rootfs", overlays_[i].target);
      rootfs_->overlays.emplace_back(overlays_[i].target, std::move(mount));
    }
  }
  makeFileSystems(sample);
}

void Prepared::makeFileSystems(const Sample& sample) {
  for (const spec::Mount& mount : sample.mounts)
    fileSystems_.emplace_back(mount, makeFileSystem(mount));
  failPoint("prepare file systems");
}

RootMounts Prepared::copyMounts() const {
  if (!rootfs_) return {};
  RootMounts mounts{dir_, {}, layers_};
  mounts.overlays.push_back(tryCloneMount(rootfs_->root.get()));
  for (const auto& [target, overlay] : rootfs_->overlays)
    mounts.overlays.push_back(tryCloneMount(overlay.get()));
  for (const Fd& fd : mounts.overlays) {
    if (!fd) return {};
  }
  return mounts;
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
