// SPDX-License-Identifier: Apache-2.0
// Which device nodes a cgroup may open: the ordered OCI rules turned into the
// v1 list. Both versions decide the same way: begin with "deny all", and for
// each of read, write and mknod the last rule that matches decides; a request is
// allowed when each of its parts is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spec/spec.h"

namespace slipway {

// The kernel's own numbers (BPF_DEVCG_*).
enum DeviceType : uint32_t { kBlockDevice = 1, kCharDevice = 2 };
enum DeviceAccess : uint32_t {
  kDeviceMknod = 1,
  kDeviceRead = 2,
  kDeviceWrite = 4,
  kDeviceAll = 7
};

inline constexpr int64_t kAnyDevice = -1;

struct DeviceMatch {
  bool allow = false;
  uint32_t type = 0;  // 0: block and character
  int64_t major = kAnyDevice, minor = kAnyDevice;
  uint32_t access = kDeviceAll;

  bool everything() const {
    return type == 0 && major == kAnyDevice && minor == kAnyDevice && access == kDeviceAll;
  }
};

// EINVAL with a hint for a type, number or access that is none.
std::vector<DeviceMatch> parseDeviceRules(const std::vector<spec::DeviceRule>& rules);

// What v1 can hold: a default and its exceptions, each for one type.
struct DeviceTable {
  bool allowByDefault = false;
  std::vector<DeviceMatch> exceptions;
};

// ENOTSUP where v1 cannot say it: a rule that takes a part out of a wider one.
DeviceTable compileDeviceTable(const std::vector<DeviceMatch>& rules);

// The lines to write into a v1 cgroup, in order: first -> devices.allow or deny.
struct DeviceLine {
  bool allow = false;
  std::string text;  // "c 1:3 rwm"
};

// From an unknown state (a new cgroup inherits its parent's).
std::vector<DeviceLine> deviceLines(const DeviceTable& table);
// From the state devices.list shows, without a moment in which a device that
// stays allowed is denied. Falls back to deviceLines() where the list hides it.
std::vector<DeviceLine> deviceLines(const DeviceTable& table, std::string_view devicesList);

}  // namespace slipway
