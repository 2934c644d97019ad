// SPDX-License-Identifier: Apache-2.0
// What a waiting slot makes ready on the guess that the next container is like
// the last one: the overlays of its root and its kernel file systems, detached.
// A plan that differs simply does not find its part here.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "container/rootfs.h"
#include "init/plan.h"
#include "spec/spec.h"
#include "sys/fd.h"

namespace slipway {

// The parts of a plan that the next one is likely to share. Nothing of a user's
// own is in it: no environment, no command.
struct Sample {
  std::vector<OverlayPlan> overlays;
  bool isVolatile = true;
  std::vector<spec::Mount> mounts;  // of kernel file systems
  std::vector<std::string> files;   // that the engine puts over those of the image

  static Sample of(const Plan& plan);
};

// Overlays of a sample that outlive their slot, held by the supervisor.
struct RootMounts {
  std::string dir;                              // of their upper and work folders
  std::vector<Fd> overlays;                     // detached
  std::vector<std::pair<dev_t, ino_t>> layers;  // which folders the paths were
};

class Prepared {
 public:
  Prepared() = default;
  // In the slot, once it is in its namespaces and cgroup. `dir` is the folder
  // that the container would get.
  Prepared(const Sample& sample, std::string dir, bool rootless);
  // The same on overlays that are there already.
  Prepared(const Sample& sample, const RootMounts& kept);

  // A root that somebody else has made.
  Prepared(Rootfs rootfs, std::vector<OverlayPlan> overlays, std::string dir)
      : dir_(std::move(dir)), overlays_(std::move(overlays)), rootfs_(std::move(rootfs)) {}

  // Copies of the root's mounts for somebody who keeps them. Without overlays
  // where there are none, and before 6.15, which copies no detached mount.
  RootMounts copyMounts() const;

  // The root for a plan; what was prepared for another one is taken down.
  Rootfs takeRootfs(const Plan& plan, bool rootless);
  // A detached file system for a mount of the plan, or an empty Fd.
  Fd takeFileSystem(const spec::Mount& mount);

 private:
  void makeTargets(const Sample& sample) const;
  void makeFileSystems(const Sample& sample);

  std::string dir_;
  std::vector<OverlayPlan> overlays_;
  std::vector<std::pair<dev_t, ino_t>> layers_;  // which folders the paths were
  std::optional<Rootfs> rootfs_;
  std::vector<std::pair<spec::Mount, Fd>> fileSystems_;
};

}  // namespace slipway
