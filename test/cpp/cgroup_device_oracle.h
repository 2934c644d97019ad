// SPDX-License-Identifier: Apache-2.0
// What a list of device rules means, written from its meaning alone.
#pragma once

#include <random>
#include <vector>

#include "container/cgroup_devices.h"

namespace slipway::test {

struct Request {
  uint32_t type, access;
  int64_t major, minor;
};

inline bool touches(const DeviceMatch& rule, const Request& request) {
  return (rule.type == 0 || rule.type == request.type) &&
         (rule.major == kAnyDevice || rule.major == request.major) &&
         (rule.minor == kAnyDevice || rule.minor == request.minor);
}

inline bool oracle(const std::vector<DeviceMatch>& rules, const Request& request) {
  for (const uint32_t bit : {kDeviceRead, kDeviceWrite, kDeviceMknod}) {
    if (!(request.access & bit)) continue;
    bool allowed = false;
    for (const DeviceMatch& rule : rules)
      if (touches(rule, request) && (rule.access & bit)) allowed = rule.allow;
    if (!allowed) return false;
  }
  return true;
}

inline DeviceMatch randomRule(std::mt19937& random) {
  const auto pick = [&](int n) {
    return static_cast<int64_t>(random() % static_cast<unsigned>(n));
  };
  DeviceMatch match;
  match.allow = pick(3) > 0;
  match.type = static_cast<uint32_t>(pick(3));
  match.major = pick(4) - 1;
  match.minor = pick(4) - 1;
  match.access = static_cast<uint32_t>(1 + pick(7));
  if (pick(10) == 0) match = {match.allow, 0, kAnyDevice, kAnyDevice, kDeviceAll};
  return match;
}

inline spec::DeviceRule rule(bool allow, const char* type, int64_t major, int64_t minor,
                             const char* access) {
  return {allow, type, major, minor, access};
}

inline const std::vector<spec::DeviceRule> kContainer = {
    rule(false, "a", -1, -1, "rwm"), rule(true, "c", -1, -1, "m"), rule(true, "b", -1, -1, "m"),
    rule(true, "c", 1, 3, "rwm"),    rule(true, "c", 1, 5, "rwm"), rule(true, "c", 1, 9, "r"),
    rule(true, "c", 136, -1, "rwm"), rule(true, "b", 7, 0, "rw"),
};

inline constexpr uint32_t kR = kDeviceRead, kW = kDeviceWrite, kM = kDeviceMknod;

}  // namespace slipway::test
