// SPDX-License-Identifier: Apache-2.0
#include "container/seccomp.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "sys/error.h"
#include "sys/raw.h"

// Since Linux 5.19, later than the headers of some build machines.
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

namespace slipway {

namespace {

constexpr std::array<std::pair<std::string_view, unsigned>, 4> kFlags{{
    {"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
    {"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
    {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
    {"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
}};

unsigned flagOf(const std::string& name) {
  const auto found = std::ranges::find(kFlags, name, [](const auto& flag) { return flag.first; });
  if (found == kFlags.end()) {
    throw SysError("seccomp", "compile", name, EINVAL, "unknown seccomp flag");
  }
  return found->second;
}

const char* hintFor(int err, unsigned flags) {
  if (err == EACCES) return "needs noNewPrivileges or CAP_SYS_ADMIN";
  if (err == ENOSYS) return "this kernel lacks seccomp, or an outer filter hides it";
  if (err == EBUSY) return "another filter of this process has a listener already";
  if (err == EINVAL && flags != 0) return "this kernel lacks one of the seccomp flags or actions";
  if (err == EINVAL) return "this kernel lacks seccomp filters or one of the actions";
  return "";
}

Fault faultFor(const char* syscall, int err, unsigned flags) {
  return {"seccomp", syscall, "filter", err, hintFor(err, flags)};
}

}  // namespace

unsigned seccompFlags(const spec::Seccomp& profile) {
  unsigned flags = 0;
  for (const auto& name : profile.flags) flags |= flagOf(name);
  const bool notifies = std::ranges::count(profile.syscalls, std::string("SCMP_ACT_NOTIFY"),
                                           &spec::SeccompRule::action) != 0;
  if (notifies) {
    flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
    // The kernel refuses both together without this, as both report through
    // the return value.
    if (flags & SECCOMP_FILTER_FLAG_TSYNC) flags |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
  } else if (flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) {
    throw SysError("seccomp", "compile", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", EINVAL,
                   "this flag needs a rule with SCMP_ACT_NOTIFY");
  }
  return flags;
}

Fault attachSeccomp(std::span<const sock_filter> program, unsigned flags, int* listener) {
  const sock_fprog filter{static_cast<unsigned short>(program.size()),
                          const_cast<sock_filter*>(program.data())};
  long result = raw::call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
  if (result == -ENOSYS && flags == 0) {
    // Before Linux 3.17, or where an outer filter knows only the older call.
    result = raw::call(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
    return result < 0 ? faultFor("prctl", static_cast<int>(-result), flags) : Fault();
  }
  if (result < 0) return faultFor("seccomp", static_cast<int>(-result), flags);
  if (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) {
    *listener = static_cast<int>(result);
    return {};
  }
  // TSYNC names a thread it could not change instead of failing.
  return result > 0 ? faultFor("seccomp", ESRCH, flags) : Fault();
}

}  // namespace slipway
