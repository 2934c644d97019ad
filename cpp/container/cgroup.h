// SPDX-License-Identifier: Apache-2.0
// Control groups, one interface for v1, v2 and the hybrid of both: a controller
// is used wherever this machine mounts it. The supervisor makes one
// CgroupParent and below it a Cgroup for each container or waiting slot; the
// forked child joins. No descriptor is held per container: every operation is
// relative to the parent's open folders.
#pragma once

#include <csignal>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/spec.h"
#include "sys/cgroupfs.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace slipway {

// What a cgroup has consumed. An absent value is one this kernel does not count;
// on v1 that holds for block I/O until some device has a throttle rule.
struct CgroupUsage {
  uint64_t cpuTotalUs = 0, cpuUserUs = 0, cpuSystemUs = 0;
  std::optional<uint64_t> memoryUsageBytes, memoryPeakBytes;
  std::optional<uint64_t> pidsCurrent, pidsPeak, pidsMaxEvents;
  std::optional<uint64_t> ioReadBytes, ioWriteBytes, ioReadOps, ioWriteOps;
  std::optional<uint64_t> oomKills;
};

// The folder that holds the cgroups of one supervisor, in every hierarchy.
class CgroupParent {
 public:
  // `path` beginning with '/' counts from the mount points; otherwise from the
  // cgroup this process is in. Hierarchies are opened when first needed.
  // `layout` must outlive this object. Throws EINVAL for "..", empty parts.
  static std::shared_ptr<CgroupParent> create(const CgroupLayout& layout, std::string path);

  CgroupParent(const CgroupParent&) = delete;
  CgroupParent& operator=(const CgroupParent&) = delete;
  ~CgroupParent();

  const CgroupLayout& layout() const { return layout_; }
  const std::string& path() const { return path_; }

  // Makes and opens its folder wherever a container starts, for children that
  // inherit this object: none of them has to look again.
  void prepare();
  // What such a child keeps open for it.
  std::vector<int> descriptors() const;

  // Names of the cgroups below, in any hierarchy: what a repair looks through.
  std::vector<std::string> list();

  // rmdir in every hierarchy, also where another process made it. The cgroups
  // below must be gone: EBUSY otherwise. `levels` is how many trailing parts of
  // the path are ours (2 for "/slipway/<id>"): those above the last one go only
  // when nobody uses them. Idempotent.
  void remove(int levels = 1);

 private:
  friend class Cgroup;
  struct Entry;
  CgroupParent(const CgroupLayout& layout, std::string path);
  Entry& at(const CgroupHierarchy& hierarchy);    // its folder made and open
  Entry* find(const CgroupHierarchy& hierarchy);  // null where there is no folder
  bool enabled(const CgroupHierarchy& hierarchy, std::string_view controller);
  void enable(const CgroupHierarchy& hierarchy, std::string_view controller);
  bool tryEnable(const CgroupHierarchy& hierarchy, const std::string& controller);

  const CgroupLayout& layout_;
  std::string path_;
  std::vector<Entry> entries_;
};

class Cgroup {
 public:
  // Controllers a container starts with where the machine has them: cpu memory
  // pids devices blkio/io, and without a v2 tree also cpuacct and freezer. A mounted v2 tree,
  // with or without controllers, always gets a folder: its cgroup.kill,
  // cgroup.freeze, cgroup.events and cpu.stat beat the v1 counterparts.
  static std::vector<std::string> defaultControllers(const CgroupLayout& layout);
  // Every controller (for engines that look into all hierarchies themselves).
  static std::vector<std::string> allControllers(const CgroupLayout& layout);

  // mkdir in every hierarchy needed. EEXIST where the name is taken. A failure
  // in the middle removes what was made. A listed controller that cannot be had
  // is an error; of the default ones it becomes one when apply() needs it.
  static Cgroup create(std::shared_ptr<CgroupParent> parent, std::string name);
  static Cgroup create(std::shared_ptr<CgroupParent> parent, std::string name,
                       const std::vector<std::string>& controllers);
  // One that exists, in whichever hierarchies it has a folder; ENOENT if none.
  static Cgroup open(std::shared_ptr<CgroupParent> parent, std::string name);

  // The destructor removes nothing: it also runs in forked children.
  Cgroup() = default;
  Cgroup(Cgroup&&) = default;
  Cgroup& operator=(Cgroup&&) = default;

  const std::string& name() const { return name_; }
  explicit operator bool() const { return parent_ != nullptr; }
  const CgroupLayout& layout() const { return parent_->layout(); }
  // Absolute folder for a controller ("" if none), and of the v2 tree.
  std::string path(std::string_view controller) const;
  std::string v2Path() const;
  // controller -> absolute folder; the v2 tree is "".
  std::map<std::string, std::string> paths() const;

  // Adds a hierarchy later and moves the processes there. apply() calls it for
  // cpuset, hugetlb, net_cls, net_prio and rdma.
  void ensureController(const std::string& controller);
  bool hasController(std::string_view controller) const;
  // Whether the kernel has this control file here ("memory.memsw.limit_in_bytes").
  bool hasFile(std::string_view controller, std::string_view file) const;

  void joinSelf() const;  // for a forked child, before it shuts itself in
  void join(pid_t pid) const;
  // For CLONE_INTO_CGROUP (O_PATH). Places in the v2 tree alone: on v1 and
  // hybrid joinV1Self() adds the rest. Empty Fd where no v2 tree is mounted.
  Fd v2Dir() const;
  void joinV1Self() const;

  // Sets all that `resources` asks for; devices when the list is not empty.
  // ENOTSUP with a hint for what the cgroup version or kernel cannot do, ENODEV
  // for a controller that is not mounted. First use or update alike.
  void apply(const spec::Resources& resources);

  // Waits, in bounded time, until every process stands still; else thaws again
  // and throws ETIMEDOUT.
  void freeze(int timeoutMs = 2000);
  // The same for callers that must not wait: look until all stand still, or give
  // up, which thaws and returns the failure.
  void beginFreeze();
  bool isFrozenWithin(int timeoutMs);
  SysError giveUpFreeze();
  void thaw();
  bool isFrozen() const;  // between freeze() and thaw()

  // Signals every process, sub-cgroups included. SIGKILL also reaches what a
  // pause holds. Does not wait for the deaths. Returns true when there was
  // nothing to signal, false otherwise.
  bool killAll(int signal = SIGKILL);
  std::vector<pid_t> pids() const;
  bool isEmpty() const;

  CgroupUsage usage() const;
  uint64_t oomKills() const;
  // Readable (POLLIN) when memory ran out or the cgroup was removed; read up to
  // 4096 bytes to drain it, then ask oomKills(). Non-blocking. Empty Fd without
  // a memory controller.
  Fd watchOom() const;
  // Readable (POLLPRI | POLLERR) when it becomes empty or populated, frozen or
  // thawed (v2 tree); reread with isEmpty(). Empty Fd on pure v1.
  Fd watchEvents() const;

  // rmdir everywhere, sub-cgroups first. The kernel lets go of dead processes
  // late, so EBUSY is retried up to `timeoutMs`. Throws with the folders left;
  // may be called again. Idempotent.
  void remove(int timeoutMs = 1000);

 private:
  Cgroup(std::shared_ptr<CgroupParent> parent, std::string name);
  CgroupDir dir(const CgroupHierarchy& hierarchy) const;
  std::optional<CgroupDir> find(std::string_view controller) const;
  bool has(const CgroupHierarchy& hierarchy) const;
  CgroupDir need(const char* controller, const char* option);
  std::optional<CgroupDir> v2() const;
  std::optional<CgroupDir> freezer() const;
  CgroupDir primary() const;
  const CgroupHierarchy& hierarchyFor(const std::string& controller);  // passed down to here
  void addHierarchy(const CgroupHierarchy& hierarchy);
  void moveInto(const CgroupDir& target) const;
  void removeMade() noexcept;
  void applyCpu(const spec::Cpu& cpu);
  void applyNetwork(const spec::Network& network);
  void applyUnified(const std::map<std::string, std::string>& values);
  void applyDevices(const std::vector<spec::DeviceRule>& rules);

  std::shared_ptr<CgroupParent> parent_;
  std::string name_;
  std::vector<const CgroupHierarchy*> made_;
  bool fresh_ = false;  // made here and no device rule set yet
};

}  // namespace slipway
