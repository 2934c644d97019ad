// SPDX-License-Identifier: Apache-2.0
#include "image/id_map.h"

#include <fcntl.h>

#include <cstdlib>

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

IdMap IdMap::current() {
  return IdMap(readMap("/proc/self/uid_map"), readMap("/proc/self/gid_map"));
}

IdMap::IdMap(const std::string& uidMap, const std::string& gidMap)
    : users_(parse(uidMap, nested_)), groups_(parse(gidMap, nested_)) {}

std::vector<IdMap::Range> IdMap::parse(const std::string& map, bool& nested) {
  std::vector<Range> ranges;
  const char* at = map.c_str();
  for (;;) {
    char* end = nullptr;
    const uint64_t inside = strtoull(at, &end, 10);
    if (end == at) return ranges;
    const uint64_t outside = strtoull(end, &end, 10);
    const uint64_t count = strtoull(end, &end, 10);
    at = end;
    ranges.push_back({inside, count});
    if (inside != outside || count != kAllIds) nested = true;
  }
}

bool IdMap::has(const std::vector<Range>& ranges, uint32_t id) {
  for (const Range& range : ranges)
    if (id >= range.first && id - range.first < range.count) return true;
  return false;
}

}  // namespace slipway
