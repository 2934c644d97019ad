// SPDX-License-Identifier: Apache-2.0
// The root of a container that wrote nothing, kept for the next one of its
// image: mounting an overlay and deleting its folders costs more than all other
// mounts together. Only for containers of which no descriptor can be left with
// anybody (Container::closed): a descriptor of the old root would be one of the new.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <vector>

#include "init/prepared.h"
#include "sys/message.h"

namespace slipway {

class KeptRoot {
 public:
  // From a slot's `idle`; nothing when it carries no mounts.
  static std::optional<KeptRoot> of(Message& idle);

  const RootMounts& mounts() const { return mounts_; }

  // Whether a write from now on would show: a folder's time of change moves by
  // ticks, and the tick of the last change must be over.
  bool wouldShowWrites() const;
  // Nothing was written, created or deleted in it, no owner, mode, attribute or
  // time changed: each would have moved a time of change of one of the folders
  // that overlayfs works in.
  bool isUntouched() const;

 private:
  explicit KeptRoot(RootMounts mounts);
  std::optional<std::vector<struct stat>> look() const;

  RootMounts mounts_;
  std::vector<struct stat> seen_;  // upper and work folder of each overlay
};

}  // namespace slipway
