// SPDX-License-Identifier: Apache-2.0
// Finds the mounted hierarchies: /proc/self/mountinfo says where they are,
// /proc/self/cgroup which controllers each has and where this process is.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "sys/cgroupfs.h"
#include "sys/error.h"
#include "sys/mountinfo.h"

namespace slipway {
namespace {

struct MountedHierarchy {
  std::string root, mountPoint;
  bool v2 = false;
  std::vector<std::string> options;  // of the super block: the controllers are among them
};

std::vector<std::string> strings(std::string_view text, char separator) {
  std::vector<std::string> all;
  for (const std::string_view word : splitWords(text, separator)) all.emplace_back(word);
  return all;
}

// "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu":
// the optional fields before the dash vary in number.
std::optional<MountedHierarchy> parseMount(std::string_view line) {
  const size_t dash = line.find(" - ");
  if (dash == std::string_view::npos) return std::nullopt;
  const auto left = splitWords(line.substr(0, dash));
  const auto right = splitWords(line.substr(dash + 3));
  if (left.size() < 6 || right.size() < 2) return std::nullopt;
  if (right[0] != "cgroup" && right[0] != "cgroup2") return std::nullopt;
  MountedHierarchy mount{
      unescapeMountPath(left[3]), unescapeMountPath(left[4]), right[0] == "cgroup2", {}};
  mount.options = strings(right.back(), ',');
  return mount;
}

std::vector<MountedHierarchy> parseMounts(std::string_view mountinfo) {
  std::vector<MountedHierarchy> mounts;
  for (const std::string_view line : splitWords(mountinfo, '\n')) {
    std::optional<MountedHierarchy> mount = parseMount(line);
    if (!mount) continue;
    // A later mount covers an earlier one at the same place.
    std::erase_if(mounts,
                  [&](const MountedHierarchy& m) { return m.mountPoint == mount->mountPoint; });
    mounts.push_back(std::move(*mount));
  }
  return mounts;
}

bool within(std::string_view path, std::string_view root) {
  return root == "/" || path == root || (path.starts_with(root) && path[root.size()] == '/');
}

// Where a process at `path` of the hierarchy is below a mount of `root`. A path
// outside the mounted part (another cgroup namespace) cannot be named: the
// mount point itself is then the only honest answer.
std::string pathBelow(std::string_view path, std::string_view root) {
  if (!within(path, root)) return {};
  if (root != "/") path.remove_prefix(root.size());
  return path == "/" ? std::string() : std::string(path);
}

bool carries(const MountedHierarchy& mount, bool v2, const std::vector<std::string>& controllers) {
  if (mount.v2 != v2) return false;
  return v2 || std::find(mount.options.begin(), mount.options.end(), controllers.front()) !=
                   mount.options.end();
}

// Of several mounts of one hierarchy the widest that shows this process.
const MountedHierarchy* choose(const std::vector<MountedHierarchy>& mounts, bool v2,
                               const std::vector<std::string>& controllers, std::string_view path) {
  const MountedHierarchy* best = nullptr;
  const auto rank = [&](const MountedHierarchy& m) {
    return std::pair(!within(path, m.root), m.root.size());
  };
  for (const MountedHierarchy& mount : mounts) {
    if (carries(mount, v2, controllers) && (!best || rank(mount) < rank(*best))) best = &mount;
  }
  return best;
}

std::string slurp(const char* path) {
  const Fd fd(check(::open(path, O_RDONLY | O_CLOEXEC), "find cgroups", "open", path));
  std::string text;
  char buffer[8192];
  for (ssize_t got;
       (got = check(::read(fd.get(), buffer, sizeof buffer), "find cgroups", "read", path)) > 0;)
    text.append(buffer, static_cast<size_t>(got));
  return text;
}

}  // namespace

bool CgroupHierarchy::has(std::string_view controller) const {
  return std::find(controllers.begin(), controllers.end(), controller) != controllers.end();
}

CgroupLayout CgroupLayout::parse(std::string_view mountinfo, std::string_view procCgroup) {
  const std::vector<MountedHierarchy> mounts = parseMounts(mountinfo);
  CgroupLayout layout;
  std::optional<CgroupHierarchy> unified;
  for (const std::string_view line : splitWords(procCgroup, '\n')) {
    const size_t first = line.find(':');
    const size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const auto controllers = strings(line.substr(first + 1, second - first - 1), ',');
    const bool v2 = controllers.empty();
    const std::string_view path = line.substr(second + 1);
    const MountedHierarchy* mount = choose(mounts, v2, controllers, path);
    if (!mount) continue;
    CgroupHierarchy found{v2, mount->mountPoint, pathBelow(path, mount->root), controllers};
    if (v2)
      unified = std::move(found);
    else
      layout.hierarchies.push_back(std::move(found));
  }
  if (unified) layout.hierarchies.push_back(std::move(*unified));
  return layout;
}

CgroupLayout CgroupLayout::detect() {
  CgroupLayout layout = parse(slurp("/proc/self/mountinfo"), slurp("/proc/self/cgroup"));
  if (!layout.hierarchies.empty() && layout.hierarchies.back().v2) {
    CgroupHierarchy& unified = layout.hierarchies.back();
    std::string text = slurp((unified.mountPoint + "/cgroup.controllers").c_str());
    if (text.ends_with('\n')) text.pop_back();
    unified.controllers = strings(text, ' ');
  }
  return layout;
}

const CgroupHierarchy* CgroupLayout::v2() const {
  return !hierarchies.empty() && hierarchies.back().v2 ? &hierarchies.back() : nullptr;
}

const CgroupHierarchy* CgroupLayout::find(std::string_view controller) const {
  for (const CgroupHierarchy& hierarchy : hierarchies)
    if (hierarchy.has(controller)) return &hierarchy;
  return nullptr;
}

CgroupLayout::Mode CgroupLayout::mode() const {
  if (hierarchies.empty()) return Mode::kNone;
  if (!v2()) return Mode::kV1;
  // A named hierarchy (systemd's own) carries no controller: still v2 then.
  for (const CgroupHierarchy& h : hierarchies)
    if (!h.v2 && !h.controllers.front().starts_with("name=")) return Mode::kHybrid;
  return Mode::kV2;
}

const char* cgroupModeName(CgroupLayout::Mode mode) {
  switch (mode) {
    case CgroupLayout::Mode::kNone:
      return "none";
    case CgroupLayout::Mode::kV1:
      return "v1";
    case CgroupLayout::Mode::kHybrid:
      return "hybrid";
    case CgroupLayout::Mode::kV2:
      return "v2";
  }
  return "none";
}

}  // namespace slipway
