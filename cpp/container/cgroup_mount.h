// SPDX-License-Identifier: Apache-2.0
// /sys/fs/cgroup inside the container: its own cgroup as the root of each
// hierarchy it has a place in, and nothing of the others.
#pragma once

#include <string>
#include <vector>

#include "container/cgroup.h"
#include "container/mount_options.h"
#include "spec/spec.h"

namespace slipway {

struct CgroupMount {
  std::string
      folder;  // name below /sys/fs/cgroup: "memory", "cpu,cpuacct"; empty for a pure v2 tree
  std::string options;   // of the v1 file system: "memory"
  std::string hostPath;  // the container's own cgroup there, as the host sees it
  bool v2 = false;
};

// What a container in `cgroup` may see. Empty without a cgroup of its own.
std::vector<CgroupMount> cgroupMounts(const Cgroup& cgroup);

// `ownNamespace`: the caller is in a new cgroup namespace, so that mounting a
// hierarchy shows its own cgroup as the root; otherwise that folder is bound.
void mountCgroups(int root, const spec::Mount& mount, const MountOptions& options,
                  const std::vector<CgroupMount>& cgroups, bool ownNamespace);

}  // namespace slipway
