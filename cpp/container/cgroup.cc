// SPDX-License-Identifier: Apache-2.0
// Folders and membership of one cgroup. Made and removed by the supervisor;
// joinSelf() runs in the forked child.
#include "container/cgroup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "container/cgroup_parent.h"
#include "sys/error.h"
#include "sys/failpoint.h"

namespace slipway {
namespace {

constexpr const char* kCreate = "create cgroup";
constexpr const char* kJoin = "join cgroup";

const char* const kDefaults[] = {"cpu", "memory", "pids", "devices", "blkio", "io"};
const char* const kWithoutV2[] = {"cpuacct", "freezer"};

const char* joinHint(int error) {
  if (error == EBUSY) return "a v2 cgroup that passes controllers on takes no processes";
  if (error == EOPNOTSUPP) return "the cgroup is threaded or below a threaded one";
  if (error == ENOSPC) return "the cpuset has no CPUs or memory nodes";
  if (error == EINVAL) return "a realtime process needs a cgroup with realtime runtime";
  return "";
}

void joinDir(const CgroupDir& dir, std::string_view pid) {
  const int error = dir.tryWrite("cgroup.procs", pid);
  if (error) throw SysError(kJoin, "write", dir.path("cgroup.procs"), error, joinHint(error));
}

void refuseOddName(const std::string& name) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos)
    throw SysError(kCreate, "parse", name, EINVAL, "a cgroup name is one path part");
}

}  // namespace

std::vector<std::string> Cgroup::defaultControllers(const CgroupLayout& layout) {
  std::vector<std::string> all;
  for (const char* name : kDefaults)
    if (layout.find(name)) all.emplace_back(name);
  for (const char* name : kWithoutV2)
    if (!layout.v2() && layout.find(name)) all.emplace_back(name);
  return all;
}

std::vector<std::string> Cgroup::allControllers(const CgroupLayout& layout) {
  std::vector<std::string> all;
  for (const CgroupHierarchy& hierarchy : layout.hierarchies)
    all.insert(all.end(), hierarchy.controllers.begin(), hierarchy.controllers.end());
  return all;
}

Cgroup::Cgroup(std::shared_ptr<CgroupParent> parent, std::string name)
    : parent_(std::move(parent)), name_(std::move(name)) {
  refuseOddName(name_);
}

// A default controller that the cgroups above withhold (a delegated folder has
// only some) is left out: nothing was asked of it yet.
Cgroup Cgroup::create(std::shared_ptr<CgroupParent> parent, std::string name) {
  const CgroupLayout& layout = parent->layout();
  std::vector<std::string> wanted;
  for (std::string& controller : defaultControllers(layout)) {
    const CgroupHierarchy* hierarchy = layout.find(controller);
    if (!hierarchy->v2 || parent->tryEnable(*hierarchy, controller))
      wanted.push_back(std::move(controller));
  }
  return create(std::move(parent), std::move(name), wanted);
}

Cgroup Cgroup::create(std::shared_ptr<CgroupParent> parent, std::string name,
                      const std::vector<std::string>& controllers) {
  Cgroup made(std::move(parent), std::move(name));
  made.fresh_ = true;
  try {
    if (const CgroupHierarchy* unified = made.parent_->layout().v2()) made.addHierarchy(*unified);
    // Nobody is in it yet, so nobody has to be moved into each next hierarchy.
    for (const std::string& controller : controllers) {
      const CgroupHierarchy& hierarchy = made.hierarchyFor(controller);
      if (!made.has(hierarchy)) made.addHierarchy(hierarchy);
    }
    failPoint("create cgroup");
  } catch (...) {
    made.removeMade();
    throw;
  }
  if (made.made_.empty())
    throw SysError(kCreate, "find", "cgroup", ENODEV, "no cgroup hierarchy is mounted");
  return made;
}

Cgroup Cgroup::open(std::shared_ptr<CgroupParent> parent, std::string name) {
  Cgroup found(std::move(parent), std::move(name));
  for (const CgroupHierarchy& hierarchy : found.parent_->layout().hierarchies) {
    if (found.parent_->find(hierarchy) && found.dir(hierarchy).has(""))
      found.made_.push_back(&hierarchy);
  }
  if (found.made_.empty())
    throw SysError("open cgroup", "openat", found.parent_->path() + "/" + found.name_, ENOENT);
  return found;
}

void Cgroup::addHierarchy(const CgroupHierarchy& hierarchy) {
  const CgroupParent::Entry& above = parent_->at(hierarchy);
  if (::mkdirat(above.fd.get(), name_.c_str(), 0755) < 0) {
    const int saved = errno;
    throw SysError(kCreate, "mkdirat", dir(hierarchy).path(), saved, cgroupMkdirHint(saved));
  }
  made_.push_back(&hierarchy);
  if (hierarchy.has("cpuset") && !hierarchy.v2)
    fillCpuset(dir(hierarchy), above.above(above.relative));
}

// Failures here must not hide the one that brought us here; a leftover is empty
// and carries the container's name, so a repair finds it.
void Cgroup::removeMade() noexcept {
  for (const CgroupHierarchy* hierarchy : made_)
    ::unlinkat(parent_->at(*hierarchy).fd.get(), name_.c_str(), AT_REMOVEDIR);
  made_.clear();
}

CgroupDir Cgroup::dir(const CgroupHierarchy& hierarchy) const {
  const CgroupParent::Entry* above = parent_->find(hierarchy);
  if (!above) throw SysError("open cgroup", "openat", hierarchy.mountPoint, ENOENT);
  return {&hierarchy, above->fd.get(), above->path, name_};
}

bool Cgroup::has(const CgroupHierarchy& hierarchy) const {
  return std::find(made_.begin(), made_.end(), &hierarchy) != made_.end();
}

std::optional<CgroupDir> Cgroup::v2() const {
  const CgroupHierarchy* unified = parent_->layout().v2();
  if (!unified || !has(*unified)) return std::nullopt;
  return dir(*unified);
}

CgroupDir Cgroup::primary() const {
  if (made_.empty())
    throw SysError("open cgroup", "openat", name_, ENOENT, "the cgroup is removed");
  if (const auto unified = v2()) return *unified;
  return dir(*made_.front());
}

std::optional<CgroupDir> Cgroup::find(std::string_view controller) const {
  const CgroupHierarchy* hierarchy = parent_->layout().find(controller);
  if (!hierarchy || !has(*hierarchy)) return std::nullopt;
  if (hierarchy->v2 && !parent_->enabled(*hierarchy, controller)) return std::nullopt;
  return dir(*hierarchy);
}

bool Cgroup::hasController(std::string_view controller) const {
  return find(controller).has_value();
}

bool Cgroup::hasFile(std::string_view controller, std::string_view file) const {
  const auto folder = find(controller);
  return folder && folder->has(file);
}

const CgroupHierarchy& Cgroup::hierarchyFor(const std::string& controller) {
  const CgroupHierarchy* hierarchy = parent_->layout().find(controller);
  if (!hierarchy)
    throw SysError("add cgroup controller", "find", controller, ENODEV,
                   "no mounted cgroup hierarchy has the controller " + controller);
  if (hierarchy->v2) parent_->enable(*hierarchy, controller);
  return *hierarchy;
}

void Cgroup::ensureController(const std::string& controller) {
  const CgroupHierarchy& hierarchy = hierarchyFor(controller);
  if (has(hierarchy)) return;
  const bool late = !made_.empty();
  addHierarchy(hierarchy);
  if (late) moveInto(dir(hierarchy));
}

// A process may fork between the listing and the move, so the listing repeats
// until it holds nobody new.
void Cgroup::moveInto(const CgroupDir& target) const {
  std::vector<pid_t> moved;
  for (int pass = 0; pass < 10; ++pass) {
    bool any = false;
    for (const pid_t pid : pids()) {
      if (std::find(moved.begin(), moved.end(), pid) != moved.end()) continue;
      const int error = target.tryWrite("cgroup.procs", std::to_string(pid));
      if (error && error != ESRCH)
        throw SysError(kJoin, "write", target.path("cgroup.procs"), error, joinHint(error));
      moved.push_back(pid);
      any = true;
    }
    if (!any) return;
  }
  throw SysError(kJoin, "write", target.path("cgroup.procs"), EAGAIN,
                 "processes fork too fast to be moved");
}

void Cgroup::joinSelf() const { join(0); }

void Cgroup::join(pid_t pid) const {
  for (const CgroupHierarchy* hierarchy : made_) {
    joinDir(dir(*hierarchy), std::to_string(pid));
    failPoint("join cgroup");  // in some, not yet in the others
  }
}

void Cgroup::joinV1Self() const {
  for (const CgroupHierarchy* hierarchy : made_)
    if (!hierarchy->v2) joinDir(dir(*hierarchy), "0");
}

Fd Cgroup::v2Dir() const {
  const auto unified = v2();
  return unified ? unified->open(kJoin, "", O_PATH | O_DIRECTORY) : Fd();
}

std::string Cgroup::path(std::string_view controller) const {
  const auto folder = find(controller);
  return folder ? folder->path() : std::string();
}

std::string Cgroup::v2Path() const {
  const auto unified = v2();
  return unified ? unified->path() : std::string();
}

std::map<std::string, std::string> Cgroup::paths() const {
  std::map<std::string, std::string> all;
  for (const CgroupHierarchy* hierarchy : made_) {
    if (hierarchy->v2) all[""] = dir(*hierarchy).path();
    for (const std::string& controller : hierarchy->controllers)
      if (find(controller)) all[controller] = dir(*hierarchy).path();
  }
  return all;
}

}  // namespace slipway
