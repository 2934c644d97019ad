// SPDX-License-Identifier: Apache-2.0
// The root of a container that wrote nothing, kept for the next one of its
// image: an overlay makes and deletes files of its own when it is mounted, and its
// folders are deleted again at the end. Only for containers of which no descriptor can be left with
// anybody (Container::closed): a descriptor of the old root would be one of the new.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
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
  // time changed: each would have moved the time of change of something that was
  // in an upper folder at the beginning.
  bool isUntouched() const;

 private:
  struct Seen {
    std::string path;
    struct stat status;
  };

  explicit KeptRoot(RootMounts mounts) : mounts_(std::move(mounts)) {}
  bool look();
  bool lookBelow(const std::string& path);

  RootMounts mounts_;
  std::vector<Seen> seen_;  // upper folders with all that is in them, work folders
};

}  // namespace slipway
