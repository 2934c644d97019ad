// SPDX-License-Identifier: Apache-2.0
// Takes a cgroup away again, with what a container may have made inside it.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>

#include "container/cgroup.h"
#include "container/cgroup_tree.h"
#include "sys/error.h"
#include "sys/failpoint.h"

namespace slipway {
namespace {

constexpr const char* kStep = "remove cgroup";

// 0 when it is gone.
int removeFolder(int base, const std::string& name) {
  return ::unlinkat(base, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : errno;
}

// EBUSY is either a process the kernel has not let go of or a folder inside.
int removeTree(const CgroupDir& dir) {
  const std::string name(dir.name);
  if (removeFolder(dir.baseFd, name) == 0) return 0;
  int last = 0;
  walkCgroups(dir.baseFd, name,
              [&](int parent, const std::string& child) { last = removeFolder(parent, child); });
  return last;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

void Cgroup::remove(int timeoutMs) {
  failPoint("remove cgroup");
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeoutMs);
  int error = 0;
  for (useconds_t waitUs = 50; !made_.empty(); waitUs = std::min<useconds_t>(waitUs * 2, 20000)) {
    std::erase_if(made_, [&](const CgroupHierarchy* hierarchy) {
      const int failed = removeTree(dir(*hierarchy));
      if (failed) error = failed;
      return failed == 0;
    });
    if (made_.empty()) return;
    if (error != EBUSY || std::chrono::steady_clock::now() >= end) break;
    ::usleep(waitUs);
  }
  if (made_.empty()) return;
  std::vector<std::string> left;
  left.reserve(made_.size());
  for (const CgroupHierarchy* hierarchy : made_) left.push_back(dir(*hierarchy).path());
  throw SysError(kStep, "rmdir", joined(left), error,
                 error == EBUSY ? "processes are still in it" : "");
}

}  // namespace slipway
