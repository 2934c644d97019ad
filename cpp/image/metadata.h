// SPDX-License-Identifier: Apache-2.0
// Owner, mode, times and extended attributes of one file, always set on an open
// descriptor: a name might be a link to somewhere else by then.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "image/id_map.h"

namespace slipway {

using Xattrs = std::vector<std::pair<std::string, std::string>>;

struct Metadata {
  uint32_t mode = 0, uid = 0, gid = 0;
  timespec mtime{};
  const Xattrs* xattrs = nullptr;
};

struct MetadataCounts {
  uint64_t squashedOwners = 0;  // given to 0, their id not being mapped
  uint64_t skippedXattrs = 0;   // the file system or the namespace has no such
  uint64_t droppedXattrs = 0;   // would have told overlayfs what to show
};

class MetadataWriter {
 public:
  MetadataWriter(IdMap ids, bool squashOwners)
      : ids_(std::move(ids)), squashOwners_(squashOwners) {}

  // `fd` may be an O_PATH one. `kind` is S_IFREG and so on.
  void apply(int fd, mode_t kind, const Metadata& metadata, const std::string& path);
  void setXattr(int fd, mode_t kind, const std::string& name, std::string_view value,
                const std::string& path);
  static void setTime(int fd, const timespec& mtime, const std::string& path);

  const IdMap& ids() const { return ids_; }
  MetadataCounts counts;

  // Overlayfs reads these from its lower layers: with them an archive could show
  // a folder that is not its own, or hide one.
  static bool isOverlayXattr(std::string_view name);

 private:
  bool setOwner(int fd, const Metadata& metadata, const std::string& path);

  IdMap ids_;
  bool squashOwners_;
};

// All extended attributes of an open file (O_PATH too), by name, but those that
// speak of this machine (overlayfs, SELinux, IMA) and not of the file.
Xattrs readXattrs(int fd, const std::string& path);

}  // namespace slipway
