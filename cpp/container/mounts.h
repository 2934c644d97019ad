// SPDX-License-Identifier: Apache-2.0
// The mounts of a Spec, put below the container's root by descriptor.
#pragma once

#include <string>
#include <vector>

#include "container/cgroup_mount.h"
#include "container/mount_options.h"
#include "spec/spec.h"
#include "sys/fd.h"

namespace slipway {

// A mount whose source is already held: a bind source is cloned before anything
// is attached, so that it keeps the host's propagation group and no later
// change of the path can swap it.
struct PreparedMount {
  const spec::Mount* mount = nullptr;
  MountOptions options;
  Fd source;  // bind mounts only
  bool sourceIsFolder = true;
};

// Runs in the new mount namespace, before it is made private. `shmFrom` is a
// pidfd: /dev/shm is that of this process's mount namespace; -1: the mount's own.
std::vector<PreparedMount> prepareMounts(const std::vector<spec::Mount>& mounts, int shmFrom);

bool isIdmapped(const spec::Mount& mount, const MountOptions& options);

struct MountContext {
  int root = -1;  // the attached root, O_PATH
  std::vector<CgroupMount> cgroups;
  bool ownCgroupNamespace = true;
};

// Attaches one mount below the root. `ready` is the file system where one was
// made in advance.
void performMount(const MountContext& context, PreparedMount& prepared, Fd ready);

// Whether a mount is of a kernel file system that depends on nothing but its
// own words and the namespaces of the caller, and that one made, detached.
bool canPrepare(const spec::Mount& mount);
Fd makeFileSystem(const spec::Mount& mount);

}  // namespace slipway
