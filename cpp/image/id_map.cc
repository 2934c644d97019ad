// SPDX-License-Identifier: Apache-2.0
#include "image/id_map.h"

#include <fcntl.h>

#include <sstream>

#include "sys/error.h"
#include "sys/fd.h"

namespace slipway {
namespace {

constexpr uint64_t kAllIds = 4294967295;

std::string readMap(const char* path) {
  const Fd file(check(open(path, O_RDONLY | O_CLOEXEC), "read id map", "open", path));
  char text[16384];
  // The kernel gives a whole map in one read: at most 340 lines.
  const ssize_t n = check(read(file.get(), text, sizeof text), "read id map", "read", path);
  return std::string(text, static_cast<size_t>(n));
}

}  // namespace

IdMap IdMap::current() { return IdMap(readMap("/proc/self/uid_map"), readMap("/proc/self/gid_map")); }

IdMap::IdMap(const std::string& uidMap, const std::string& gidMap)
    : users_(parse(uidMap, nested_)), groups_(parse(gidMap, nested_)) {}

std::vector<IdMap::Range> IdMap::parse(const std::string& map, bool& nested) {
  std::istringstream lines(map);
  std::vector<Range> ranges;
  uint64_t inside = 0, outside = 0, count = 0;
  while (lines >> inside >> outside >> count) {
    ranges.push_back({inside, count});
    if (inside != outside || count != kAllIds) nested = true;
  }
  return ranges;
}

bool IdMap::has(const std::vector<Range>& ranges, uint32_t id) {
  for (const Range& range : ranges)
    if (id >= range.first && id - range.first < range.count) return true;
  return false;
}

}  // namespace slipway
