// SPDX-License-Identifier: Apache-2.0
#include "container/cgroup_mount.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "sys/detached_mount.h"
#include "sys/error.h"
#include "sys/kernel.h"
#include "sys/path.h"

namespace slipway {
namespace {

constexpr const char* kStep = "mount cgroup";

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

std::string folderName(const CgroupHierarchy& hierarchy) {
  const size_t slash = hierarchy.mountPoint.rfind('/');
  return slash == std::string::npos ? hierarchy.mountPoint : hierarchy.mountPoint.substr(slash + 1);
}

void mountHierarchy(const CgroupMount& cgroup, bool ownNamespace, uint64_t attributes, int target,
                    const std::string& shown) {
  if (!ownNamespace) {
    const Fd bound = cloneMount(AT_FDCWD, cgroup.hostPath, false, kStep);
    return attachMount(bound.get(), target, {{{.attrSet = attributes}}}, kStep, shown);
  }
  FsContext fs(cgroup.v2 ? "cgroup2" : "cgroup", kStep, shown);
  std::string word;
  for (size_t at = 0; at <= cgroup.options.size(); at++) {
    const bool end = at == cgroup.options.size() || cgroup.options[at] == ',';
    if (!end) {
      word += cgroup.options[at];
      continue;
    }
    const size_t equals = word.find('=');
    if (equals != std::string::npos) {
      fs.set(word.substr(0, equals), word.substr(equals + 1));
    } else if (!word.empty()) {
      fs.set(word, std::nullopt);
    }
    word.clear();
  }
  const Fd tree = fs.mount(attributes);
  attachMount(tree.get(), target, kStep, shown);
}

}  // namespace

std::vector<CgroupMount> cgroupMounts(const Cgroup& cgroup) {
  std::vector<CgroupMount> mounts;
  if (!cgroup) return mounts;
  const auto paths = cgroup.paths();
  const CgroupLayout& layout = cgroup.layout();
  const bool pure = layout.mode() == CgroupLayout::Mode::kV2;
  for (const CgroupHierarchy& hierarchy : layout.hierarchies) {
    const auto found = paths.find(
        hierarchy.v2 || hierarchy.controllers.empty() ? "" : hierarchy.controllers.front());
    if (found == paths.end()) continue;
    mounts.push_back({pure ? "" : folderName(hierarchy),
                      hierarchy.v2 ? "" : join(hierarchy.controllers), found->second,
                      hierarchy.v2});
  }
  return mounts;
}

void mountCgroups(int root, const spec::Mount& mount, const MountOptions& options,
                  const std::vector<CgroupMount>& cgroups, bool ownNamespace) {
  const Fd target = makeDirInRoot(root, mount.destination, kStep, Links::refuse);
  if (cgroups.size() == 1 && cgroups[0].folder.empty()) {
    return mountHierarchy(cgroups[0], ownNamespace, options.attrSet, target.get(),
                          mount.destination);
  }
  FsContext fs("tmpfs", kStep, mount.destination);
  fs.set("mode", "755");
  fs.set("size", "64k");
  const uint64_t readonly = options.attrSet & kernel::kAttrRdonly;
  const Fd top = fs.mount(options.attrSet & ~readonly);
  attachMount(top.get(), target.get(), kStep, mount.destination);
  for (const CgroupMount& cgroup : cgroups) {
    const std::string shown = mount.destination + "/" + cgroup.folder;
    check(mkdirat(top.get(), cgroup.folder.c_str(), 0755), kStep, "mkdirat", shown);
    const Fd place(check(
        openat(top.get(), cgroup.folder.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
        kStep, "openat", shown));
    mountHierarchy(cgroup, ownNamespace, options.attrSet, place.get(), shown);
  }
  if (readonly != 0)
    setMountAttributes(top.get(), {.attrSet = readonly}, false, kStep, mount.destination);
}

}  // namespace slipway
