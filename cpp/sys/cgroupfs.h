// SPDX-License-Identifier: Apache-2.0
// Where the control groups of this machine are, and reads and writes of their
// small files. Knows nothing of containers. Used by the supervisor, which
// detects the layout once, and by whatever it forks.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sys/fd.h"

namespace slipway {

// One mounted hierarchy. On v1 `controllers` holds all that are mounted
// together ("cpu", "cpuacct", or "name=systemd"); on v2 those its root offers.
struct CgroupHierarchy {
  bool v2 = false;
  std::string mountPoint;  // "/sys/fs/cgroup/memory"
  std::string ownPath;     // of this process, below mountPoint: "" or "/user.slice"
  std::vector<std::string> controllers;

  bool has(std::string_view controller) const;
};

struct CgroupLayout {
  enum class Mode { kNone, kV1, kHybrid, kV2 };

  std::vector<CgroupHierarchy> hierarchies;  // the v2 one, where mounted, is last

  // Reads /proc/self/mountinfo, /proc/self/cgroup and v2's cgroup.controllers.
  static CgroupLayout detect();
  // The same from text. v2 controllers are left empty.
  static CgroupLayout parse(std::string_view mountinfo, std::string_view procCgroup);

  Mode mode() const;
  const CgroupHierarchy* v2() const;
  // The hierarchy that carries `controller`, whatever its version; null if none.
  const CgroupHierarchy* find(std::string_view controller) const;
};

const char* cgroupModeName(CgroupLayout::Mode mode);  // "none" "v1" "hybrid" "v2"

// A folder named by an open descriptor and a path below it. `base` is only for
// messages. Copies are views: the owner of fd and strings must outlive them.
struct CgroupDir {
  const CgroupHierarchy* hierarchy = nullptr;
  int baseFd = -1;
  std::string_view base;  // path of baseFd
  std::string_view name;  // below it; empty: baseFd itself

  bool v2() const { return hierarchy->v2; }
  std::string path(std::string_view file = {}) const;
  bool has(std::string_view file) const;

  // One open, one write, one close. `hint` is attached where the write fails.
  void write(const char* step, std::string_view file, std::string_view value,
             const char* hint = "") const;
  // The same, answering errno (0: written) where the caller has another way.
  int tryWrite(std::string_view file, std::string_view value) const;
  std::string read(const char* step, std::string_view file) const;
  // Empty where the kernel has no such file; every other failure throws.
  std::optional<std::string> readIfThere(const char* step, std::string_view file) const;
  Fd open(const char* step, std::string_view file, int flags) const;
};

// "key value" lines, as in memory.events: the number behind `key`.
std::optional<uint64_t> cgroupField(std::string_view text, std::string_view key);
// A file holding one number; "max" is empty.
std::optional<uint64_t> cgroupNumber(std::string_view text);
std::vector<std::string_view> splitWords(std::string_view text, char separator = ' ');

}  // namespace slipway
