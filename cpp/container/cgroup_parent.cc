// SPDX-License-Identifier: Apache-2.0
// The folder above the containers' cgroups: made in each hierarchy when first
// needed, controllers passed down to it, removed at the end. Supervisor only.
#include "container/cgroup_parent.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "container/cgroup_tree.h"
#include "sys/error.h"
#include "sys/failpoint.h"

namespace slipway {
namespace {

constexpr const char* kCreate = "create cgroup parent";
constexpr const char* kRemove = "remove cgroup parent";

void refuseOddPath(const std::string& path) {
  std::string_view rest = path;
  if (rest.starts_with('/')) rest.remove_prefix(1);
  if (rest.empty() && !path.empty()) return;
  bool bad = rest.empty();
  for (size_t at = 0; at <= rest.size() && !bad;) {
    const size_t end = std::min(rest.find('/', at), rest.size());
    const std::string_view part = rest.substr(at, end - at);
    bad = part.empty() || part == "." || part == "..";
    at = end + 1;
  }
  if (bad)
    throw SysError(kCreate, "parse", path, EINVAL,
                   "a cgroup parent is a path without empty, '.' and '..' parts");
}

// Kernels before 5.11 count a v1 memory cgroup alone unless told otherwise.
void countBelow(const CgroupDir& dir) {
  if (dir.readIfThere(kCreate, "memory.use_hierarchy").value_or("1").starts_with('0'))
    dir.write(kCreate, "memory.use_hierarchy", "1");
}

const char* enableHint(int error) {
  if (error == EBUSY)
    return "a v2 cgroup that has processes of its own cannot pass controllers on; move them "
           "into a sub-cgroup or choose a parent without processes";
  if (error == ENOENT) return "the cgroup above does not pass this controller on";
  if (error == EACCES || error == EPERM)
    return "this user may not pass controllers on; with systemd, delegate them (Delegate=yes)";
  if (error == EOPNOTSUPP) return "a threaded cgroup cannot pass this controller on";
  return "";
}

}  // namespace

const char* cgroupMkdirHint(int error) {
  if (error == EROFS) return "the cgroup file systems are read-only here, as inside a container";
  if (error == EACCES || error == EPERM)
    return "this user may not make cgroups here; have a folder delegated, as by "
           "systemd-run --user --scope -p Delegate=yes";
  if (error == EAGAIN) return "cgroup.max.depth or cgroup.max.descendants of a parent is reached";
  if (error == EEXIST) return "a cgroup of this name is there already, left over or in use";
  return "";
}

void fillCpuset(const CgroupDir& dir, const CgroupDir& above) {
  for (const char* file : {"cpuset.cpus", "cpuset.mems"}) {
    if (cgroupNumber(dir.read(kCreate, file))) continue;
    dir.write(kCreate, file, above.read(kCreate, file));
  }
}

CgroupParent::CgroupParent(const CgroupLayout& layout, std::string path)
    : layout_(layout), path_(std::move(path)) {
  entries_.reserve(layout.hierarchies.size());
  for (const CgroupHierarchy& hierarchy : layout.hierarchies) {
    Entry entry{&hierarchy, {}, {}, {}, {}};
    entry.relative = path_.starts_with('/') ? path_.substr(1) : hierarchy.ownPath + "/" + path_;
    if (entry.relative.starts_with('/')) entry.relative.erase(0, 1);
    entry.path = hierarchy.mountPoint;
    if (!entry.relative.empty()) entry.path += "/" + entry.relative;
    entries_.push_back(std::move(entry));
  }
}

CgroupParent::~CgroupParent() = default;

std::shared_ptr<CgroupParent> CgroupParent::create(const CgroupLayout& layout, std::string path) {
  refuseOddPath(path);
  return std::shared_ptr<CgroupParent>(new CgroupParent(layout, std::move(path)));
}

CgroupDir CgroupParent::Entry::above(std::string_view relativePath) const {
  return {hierarchy, mount.get(), hierarchy->mountPoint, relativePath};
}

std::vector<std::string> CgroupParent::Entry::prefixes() const {
  std::vector<std::string> all;
  for (size_t end = 0; end < relative.size();) {
    end = std::min(relative.find('/', end + 1), relative.size());
    all.push_back(relative.substr(0, end));
  }
  return all;
}

bool CgroupParent::Entry::openFolder() {
  if (fd) return true;
  if (!mount)
    mount.reset(check(::open(hierarchy->mountPoint.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC),
                      kCreate, "open", hierarchy->mountPoint));
  const char* below = relative.empty() ? "." : relative.c_str();
  fd.reset(::openat(mount.get(), below, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd && errno != ENOENT) {
    const int saved = errno;
    throw SysError(kCreate, "openat", path, saved);
  }
  if (fd && hierarchy->v2) readEnabled();
  return static_cast<bool>(fd);
}

void CgroupParent::Entry::readEnabled() {
  enabled.clear();
  const auto text = above(relative).readIfThere(kCreate, "cgroup.subtree_control").value_or("");
  for (const std::string_view word : splitWords(std::string_view(text).substr(0, text.find('\n'))))
    enabled.emplace_back(word);
}

// Another supervisor may remove the shared upper folder between two mkdirs:
// ENOENT then means begin again, and only a few times.
void CgroupParent::Entry::makeFolders() {
  int attempts = 0;
  for (size_t i = 0; i < prefixes().size();) {
    const std::string prefix = prefixes()[i];
    const int saved = ::mkdirat(mount.get(), prefix.c_str(), 0755) < 0 ? errno : 0;
    if (saved && saved != EEXIST) {
      if (saved != ENOENT || ++attempts > 5)
        throw SysError(kCreate, "mkdirat", above(prefix).path(), saved, cgroupMkdirHint(saved));
      i = 0;
      continue;
    }
    failPoint("create cgroup parent");
    if (hierarchy->has("cpuset") && !hierarchy->v2)
      fillCpuset(above(prefix), above(i ? prefixes()[i - 1] : std::string()));
    if (!saved && hierarchy->has("memory") && !hierarchy->v2) countBelow(above(prefix));
    ++i;
  }
}

// Below a threaded cgroup only threads can be placed, never a container.
void CgroupParent::Entry::refuseThreaded() const {
  const std::string type = above(relative).readIfThere(kCreate, "cgroup.type").value_or("domain\n");
  if (type != "domain\n")
    throw SysError(kCreate, "read", above(relative).path("cgroup.type"), EOPNOTSUPP,
                   "the parent cgroup is threaded; containers need one of type domain");
}

CgroupParent::Entry* CgroupParent::find(const CgroupHierarchy& hierarchy) {
  Entry& entry = entries_[static_cast<size_t>(&hierarchy - layout_.hierarchies.data())];
  return entry.openFolder() ? &entry : nullptr;
}

CgroupParent::Entry& CgroupParent::at(const CgroupHierarchy& hierarchy) {
  if (Entry* entry = find(hierarchy); entry && entry->checked) return *entry;
  Entry& entry = entries_[static_cast<size_t>(&hierarchy - layout_.hierarchies.data())];
  entry.fd.reset();
  for (int attempts = 0; !entry.fd; ++attempts) {
    entry.makeFolders();
    if (!entry.openFolder() && attempts == 5)
      throw SysError(kCreate, "openat", entry.path, ENOENT, "another process keeps removing it");
  }
  if (hierarchy.v2) entry.refuseThreaded();
  entry.checked = true;
  return entry;
}

bool CgroupParent::enabled(const CgroupHierarchy& hierarchy, std::string_view controller) {
  const Entry* entry = find(hierarchy);
  return entry && std::find(entry->enabled.begin(), entry->enabled.end(), controller) !=
                      entry->enabled.end();
}

// Controllers reach a v2 cgroup only when every cgroup above passes them on, so
// they are written from the top down. Folders that do already are left alone: an
// ordinary user may not write to those above the delegated one.
void CgroupParent::enable(const CgroupHierarchy& hierarchy, std::string_view controller) {
  Entry& entry = at(hierarchy);
  if (enabled(hierarchy, controller)) return;
  std::vector<std::string> folders = entry.prefixes();
  folders.insert(folders.begin(), std::string());
  const std::string request = "+" + std::string(controller);
  for (const std::string& folder : folders) {
    const CgroupDir dir = entry.above(folder);
    std::string now = dir.read("enable cgroup controller", "cgroup.subtree_control");
    if (now.ends_with('\n')) now.pop_back();
    const auto words = splitWords(now);
    if (std::find(words.begin(), words.end(), controller) != words.end()) continue;
    const int error = dir.tryWrite("cgroup.subtree_control", request);
    if (error)
      throw SysError("enable cgroup controller " + std::string(controller), "write",
                     dir.path("cgroup.subtree_control"), error, enableHint(error));
  }
  entry.enabled.emplace_back(controller);
}

// For controllers nobody asked for yet: remembers a refusal instead of throwing.
bool CgroupParent::tryEnable(const CgroupHierarchy& hierarchy, const std::string& controller) {
  Entry& entry = at(hierarchy);
  const auto& withheld = entry.withheld;
  if (std::find(withheld.begin(), withheld.end(), controller) != withheld.end()) return false;
  try {
    enable(hierarchy, controller);
    return true;
  } catch (const SysError&) {
    entry.withheld.push_back(controller);
    return false;
  }
}

void CgroupParent::prepare() {
  if (const CgroupHierarchy* unified = layout_.v2()) at(*unified);
  for (const std::string& controller : Cgroup::defaultControllers(layout_)) {
    const CgroupHierarchy* hierarchy = layout_.find(controller);
    if (hierarchy->v2)
      tryEnable(*hierarchy, controller);
    else
      at(*hierarchy);
  }
}

std::vector<int> CgroupParent::descriptors() const {
  std::vector<int> all;
  for (const Entry& entry : entries_) {
    for (const Fd* fd : {&entry.mount, &entry.fd}) {
      if (*fd) all.push_back(fd->get());
    }
  }
  return all;
}

std::vector<std::string> CgroupParent::list() {
  std::set<std::string> names;
  for (Entry& entry : entries_) {
    if (!entry.openFolder()) continue;
    for (std::string& name : childFolders(entry.fd.get(), entry.path))
      names.insert(std::move(name));
  }
  return {names.begin(), names.end()};
}

void CgroupParent::remove(int levels) {
  failPoint("remove cgroup parent");
  for (Entry& entry : entries_) {
    if (!entry.openFolder()) continue;
    entry.fd.reset();
    entry.checked = false;
    const std::vector<std::string> prefixes = entry.prefixes();
    const size_t keep = prefixes.size() - std::min(prefixes.size(), static_cast<size_t>(levels));
    for (size_t i = prefixes.size(); i > keep; --i) {
      if (::unlinkat(entry.mount.get(), prefixes[i - 1].c_str(), AT_REMOVEDIR) == 0) continue;
      const int saved = errno;
      if (saved == ENOENT) continue;
      if (i == prefixes.size()) throw SysError(kRemove, "rmdir", entry.path, saved);
      // Shared with other supervisors (EBUSY, or theirs to remove): they will.
      break;
    }
  }
}

}  // namespace slipway
