// SPDX-License-Identifier: Apache-2.0
// The option words of an OCI mount (runtime-spec, "Linux mount options"), sorted
// into what the kernel's mount calls take.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway {

struct MountOptions {
  uint64_t attrSet = 0, attrClr = 0;  // of this mount
  uint64_t recSet = 0, recClr = 0;    // of this mount and all below (rro, rnosuid ...)
  uint64_t propagation = 0;           // MS_PRIVATE ...; 0: private
  bool propagationRecursive = false;
  bool bind = false, recursive = false;
  bool copyUp = false;  // tmpcopyup: a tmpfs starts with what it hides
  bool idmap = false, idmapRecursive = false;
  std::vector<std::pair<std::string, std::optional<std::string>>> superblock;  // for fsconfig(2)
};

MountOptions parseMountOptions(const std::vector<std::string>& options);

// "private", "rslave" ... as MS_ flags; 0 when the word is none of them.
uint64_t propagationFlag(const std::string& word);

}  // namespace slipway
