// SPDX-License-Identifier: Apache-2.0
// Which user and group ids exist where this process runs. In a user namespace
// of one id, files can belong to nobody but 0.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace slipway {

class IdMap {
 public:
  // Of the calling process, from /proc/self/{uid_map,gid_map}.
  static IdMap current();
  IdMap(const std::string& uidMap, const std::string& gidMap);

  bool hasUser(uint32_t id) const { return has(users_, id); }
  bool hasGroup(uint32_t id) const { return has(groups_, id); }
  // Not the namespace the machine booted with: no devices, no trusted.* there.
  bool nested() const { return nested_; }

 private:
  struct Range {
    uint64_t first, count;
  };
  static std::vector<Range> parse(const std::string& map, bool& nested);
  static bool has(const std::vector<Range>& ranges, uint32_t id);

  bool nested_ = false;  // set while the two below are filled
  std::vector<Range> users_, groups_;
};

}  // namespace slipway
