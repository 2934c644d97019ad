// SPDX-License-Identifier: Apache-2.0
// The container's root: overlays of image layers, or a bound folder. Made as
// detached mounts, attached only inside the container's own mount namespace.
#pragma once

#include <string>
#include <vector>

#include "init/plan.h"
#include "sys/fd.h"

namespace slipway {

struct Rootfs {
  Fd root;                                           // detached mount of "/"
  std::vector<std::pair<std::string, Fd>> overlays;  // further ones by target
};

// Makes the container's folder with its upper and work folders and mounts all
// overlays, detached. `usernsFd` >= 0: lower layers are id-mapped into that
// user namespace, and the upper folders belong to `rootUid`/`rootGid`.
struct RootfsOwner {
  int usernsFd = -1;
  uid_t uid = 0;
  gid_t gid = 0;
};
Rootfs makeRootfs(const RootfsPlan& plan, const spec::Spec& spec, bool userxattr,
                  const RootfsOwner& owner);

// Attaches the root at `dir` of the present mount namespace and the further
// overlays inside it. Returns the root, opened O_PATH through the new mount.
Fd attachRootfs(Rootfs rootfs, const std::string& dir);

}  // namespace slipway
