// SPDX-License-Identifier: Apache-2.0
#include "container/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string_view>

#include "sys/error.h"
#include "sys/raw.h"

namespace slipway {
namespace {

constexpr const char* kStep = "set capabilities";

// In the order of their numbers (linux/capability.h).
constexpr std::string_view kNames[] = {"CHOWN",
                                       "DAC_OVERRIDE",
                                       "DAC_READ_SEARCH",
                                       "FOWNER",
                                       "FSETID",
                                       "KILL",
                                       "SETGID",
                                       "SETUID",
                                       "SETPCAP",
                                       "LINUX_IMMUTABLE",
                                       "NET_BIND_SERVICE",
                                       "NET_BROADCAST",
                                       "NET_ADMIN",
                                       "NET_RAW",
                                       "IPC_LOCK",
                                       "IPC_OWNER",
                                       "SYS_MODULE",
                                       "SYS_RAWIO",
                                       "SYS_CHROOT",
                                       "SYS_PTRACE",
                                       "SYS_PACCT",
                                       "SYS_ADMIN",
                                       "SYS_BOOT",
                                       "SYS_NICE",
                                       "SYS_RESOURCE",
                                       "SYS_TIME",
                                       "SYS_TTY_CONFIG",
                                       "MKNOD",
                                       "LEASE",
                                       "AUDIT_WRITE",
                                       "AUDIT_CONTROL",
                                       "SETFCAP",
                                       "MAC_OVERRIDE",
                                       "MAC_ADMIN",
                                       "SYSLOG",
                                       "WAKE_ALARM",
                                       "BLOCK_SUSPEND",
                                       "AUDIT_READ",
                                       "PERFMON",
                                       "BPF",
                                       "CHECKPOINT_RESTORE"};
constexpr int kCount = sizeof kNames / sizeof kNames[0];

uint64_t bit(const std::string& name) {
  std::string_view plain = name;
  if (plain.starts_with("CAP_")) plain.remove_prefix(4);
  for (int i = 0; i < kCount; i++) {
    if (kNames[i] == plain) return uint64_t{1} << i;
  }
  throw SysError(kStep, "capset", name, EINVAL, "no capability of that name");
}

uint64_t bits(const std::vector<std::string>& names) {
  uint64_t set = 0;
  for (const std::string& name : names) set |= bit(name);
  return set;
}

uint64_t ownPermitted() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  check(syscall(SYS_capget, &header, data), kStep, "capget");
  return data[0].permitted | uint64_t{data[1].permitted} << 32;
}

}  // namespace

CapabilitySets capabilitySets(const spec::Capabilities& capabilities, uint64_t own) {
  return {bits(capabilities.bounding), bits(capabilities.effective) & own,
          bits(capabilities.inheritable) & own, bits(capabilities.permitted) & own,
          bits(capabilities.ambient) & own};
}

CapabilitySets ownCapabilities() {
  const uint64_t own = ownPermitted();
  return {~uint64_t{0}, own, 0, own, 0};
}

Fault dropBounding(const CapabilitySets& sets) {
  for (int cap = 0; cap < 64; cap++) {
    if ((sets.bounding >> cap & 1) != 0) continue;
    const long result = raw::call(SYS_prctl, PR_CAPBSET_DROP, cap);
    if (result == -EINVAL) break;  // past the last capability of this kernel
    if (result < 0) return faultOf(result, kStep, "prctl", "PR_CAPBSET_DROP");
  }
  return {};
}

Fault keepCapabilitiesAcrossSetuid() {
  return faultOf(raw::call(SYS_prctl, PR_SET_KEEPCAPS, 1), kStep, "prctl", "PR_SET_KEEPCAPS");
}

Fault applyCapabilities(const CapabilitySets& sets) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  for (int half = 0; half < 2; half++) {
    data[half].effective = static_cast<uint32_t>(sets.effective >> (32 * half));
    data[half].permitted = static_cast<uint32_t>(sets.permitted >> (32 * half));
    data[half].inheritable = static_cast<uint32_t>(sets.inheritable >> (32 * half));
  }
  if (const long result = raw::call(SYS_capset, &header, data); result < 0)
    return faultOf(result, kStep, "capset");
  long result = raw::call(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
  for (int cap = 0; cap < kCount && result >= 0; cap++) {
    if ((sets.ambient >> cap & 1) == 0) continue;
    result = raw::call(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap);
  }
  return faultOf(result, kStep, "prctl", "PR_CAP_AMBIENT");
}

}  // namespace slipway
