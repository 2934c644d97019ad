// SPDX-License-Identifier: Apache-2.0
#include "container/rootfs.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container/classic_overlay.h"
#include "image/remove_tree.h"
#include "sys/detached_mount.h"
#include "sys/error.h"
#include "sys/failpoint.h"
#include "sys/features.h"
#include "sys/kernel.h"
#include "sys/path.h"

namespace slipway {
namespace {

constexpr const char* kStep = "mount rootfs";

struct UpperFolders {
  Fd upper, work;
};

// A volatile overlay refuses its folders a second time (overlayfs.rst, "Volatile
// mount") by a mark in the work folder. A container that is started again has
// not lost anything: a crash of the machine ends scope containers for good.
void clearWork(int dir, const std::string& name) { removeTree(dir, name); }

Fd makeFolder(int parent, const char* name, const RootfsOwner& owner, const std::string& shown) {
  if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST)
    throw SysError(kStep, "mkdirat", shown, errno);
  Fd folder(check(openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), kStep,
                  "openat", shown));
  if (owner.uid != 0 || owner.gid != 0) {
    check(fchownat(parent, name, owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW), kStep, "fchownat",
          shown);
  }
  return folder;
}

UpperFolders makeUpper(int dir, size_t index, const RootfsOwner& owner, const std::string& shown) {
  const std::string suffix = index == 0 ? "" : std::to_string(index);
  UpperFolders folders;
  folders.upper = makeFolder(dir, ("upper" + suffix).c_str(), owner, shown + "/upper" + suffix);
  if (faccessat(dir, ("work" + suffix).c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
    clearWork(dir, "work" + suffix);
  folders.work = makeFolder(dir, ("work" + suffix).c_str(), owner, shown + "/work" + suffix);
  return folders;
}

// Lower layers of a container with its own user namespace are seen through
// id-mapped mounts (5.19 for overlay). They are attached below the container's
// folder, in the private mount namespace of the caller, because before 6.15
// overlayfs takes only mounts of the present namespace.
Fd idmappedLower(const std::string& path, int usernsFd) {
  Fd clone = cloneMount(AT_FDCWD, path, false, kStep);
  kernel::MountAttributes attributes;
  attributes.attrSet = kernel::kAttrIdmap;
  attributes.usernsFd = static_cast<uint64_t>(usernsFd);
  setMountAttributes(clone.get(), attributes, false, kStep, path);
  const Fd target(check(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC), kStep, "open", path));
  attachMount(clone.get(), target.get(), kStep, path);
  failPoint("map ids of layers");
  return clone;
}

std::vector<Fd> openLower(const OverlayPlan& overlay, const RootfsOwner& owner) {
  std::vector<Fd> lower;
  lower.reserve(overlay.lower.size());
  for (const std::string& path : overlay.lower) {
    lower.push_back(
        owner.usernsFd >= 0
            ? idmappedLower(path, owner.usernsFd)
            : Fd(check(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC), kStep, "open", path)));
  }
  return lower;
}

Fd mountOverlay(const RootfsPlan& plan, size_t index, bool userxattr, const RootfsOwner& owner,
                int dir) {
  const OverlayPlan& overlay = plan.overlays[index];
  const std::vector<Fd> lower = openLower(overlay, owner);
  const UpperFolders folders = makeUpper(dir, index, owner, plan.dir);
  FsContext fs("overlay", kStep, overlay.target);
  if (!features().overlayLayers)
    return classicOverlay(lower, folders.upper, folders.work,
                          {plan.isVolatile, userxattr, owner.usernsFd >= 0}, plan.dir);
  for (const Fd& layer : lower) fs.set("lowerdir+", std::string(kernel::FdPath(layer.get())));
  fs.set("upperdir", std::string(kernel::FdPath(folders.upper.get())));
  fs.set("workdir", std::string(kernel::FdPath(folders.work.get())));
  fs.set("source", "overlay");
  fs.set("metacopy", "off");
  fs.set("redirect_dir", "nofollow");
  if (plan.isVolatile) fs.set("volatile", std::nullopt);
  if (userxattr) fs.set("userxattr", std::nullopt);
  return fs.mount(0);
}

// What the machine's root has mounted below a folder hides what an ordinary user
// may not see: the kernel lets him take the folder only with those mounts.
bool isPartlyCovered(const std::string& path) {
  const Fd alone(
      kernel::openTree(AT_FDCWD, path.c_str(), kernel::kOpenTreeClone | kernel::kOpenTreeCloexec));
  return !alone && errno == EINVAL;
}

Fd readOnlyTree(const std::string& path) {
  Fd tree = cloneMount(AT_FDCWD, path, true, kStep);
  kernel::MountAttributes attributes;
  attributes.attrSet = kernel::kAttrRdonly;
  setMountAttributes(tree.get(), attributes, true, kStep, path);
  return tree;
}

// For an ordinary user a folder with mounts below it is there, but read-only:
// an overlay cannot stand on it.
Fd mountFolder(const RootfsPlan& plan, size_t index, bool userxattr, const RootfsOwner& owner,
               int dir) {
  const std::vector<std::string>& lower = plan.overlays[index].lower;
  try {
    return mountOverlay(plan, index, userxattr, owner, dir);
  } catch (const SysError& error) {
    const bool covered = error.err == EINVAL && userxattr && lower.size() == 1;
    if (!covered || !isPartlyCovered(lower[0])) throw;
  }
  return readOnlyTree(lower[0]);
}

}  // namespace

Rootfs makeRootfs(const RootfsPlan& plan, const spec::Spec& spec, bool userxattr,
                  const RootfsOwner& owner) {
  Rootfs rootfs;
  if (plan.overlays.empty()) {
    const std::string path = spec.root ? spec.root->path : "";
    rootfs.root = cloneMount(AT_FDCWD, path, true, kStep);
    return rootfs;
  }
  if (mkdir(plan.dir.c_str(), 0755) < 0 && errno != EEXIST)
    throw SysError(kStep, "mkdir", plan.dir, errno);
  const Fd dir(check(open(plan.dir.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), kStep,
                     "open", plan.dir));
  rootfs.root = mountOverlay(plan, 0, userxattr, owner, dir.get());
  for (size_t i = 1; i < plan.overlays.size(); i++) {
    rootfs.overlays.emplace_back(plan.overlays[i].target,
                                 mountFolder(plan, i, userxattr, owner, dir.get()));
  }
  return rootfs;
}

Fd attachRootfs(Rootfs rootfs, const std::string& dir) {
  const Fd target(check(open(dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC), kStep, "open", dir));
  attachMount(rootfs.root.get(), target.get(), kStep, dir);
  for (auto& [path, mount] : rootfs.overlays) {
    const Fd place =
        openInRoot(rootfs.root.get(), path, O_PATH | O_DIRECTORY, kStep, Links::refuse);
    attachMount(mount.get(), place.get(), kStep, path);
  }
  return std::move(rootfs.root);
}

}  // namespace slipway
