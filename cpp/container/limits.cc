// SPDX-License-Identifier: Apache-2.0
#include "container/limits.h"

#include <fcntl.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string_view>

#include "sys/error.h"
#include "sys/path.h"

namespace slipway {
namespace {

struct Name {
  std::string_view name;
  int value;
};

constexpr Name kRlimits[] = {
    {"RLIMIT_CPU", RLIMIT_CPU},           {"RLIMIT_FSIZE", RLIMIT_FSIZE},
    {"RLIMIT_DATA", RLIMIT_DATA},         {"RLIMIT_STACK", RLIMIT_STACK},
    {"RLIMIT_CORE", RLIMIT_CORE},         {"RLIMIT_RSS", RLIMIT_RSS},
    {"RLIMIT_NPROC", RLIMIT_NPROC},       {"RLIMIT_NOFILE", RLIMIT_NOFILE},
    {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},   {"RLIMIT_AS", RLIMIT_AS},
    {"RLIMIT_LOCKS", RLIMIT_LOCKS},       {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE}, {"RLIMIT_NICE", RLIMIT_NICE},
    {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},     {"RLIMIT_RTTIME", RLIMIT_RTTIME}};

constexpr Name kPolicies[] = {{"SCHED_OTHER", 0},   {"SCHED_FIFO", 1}, {"SCHED_RR", 2},
                              {"SCHED_BATCH", 3},   {"SCHED_ISO", 4},  {"SCHED_IDLE", 5},
                              {"SCHED_DEADLINE", 6}};
constexpr Name kSchedFlags[] = {{"SCHED_FLAG_RESET_ON_FORK", 1},  {"SCHED_FLAG_RECLAIM", 2},
                                {"SCHED_FLAG_DL_OVERRUN", 4},     {"SCHED_FLAG_KEEP_POLICY", 8},
                                {"SCHED_FLAG_KEEP_PARAMS", 16},   {"SCHED_FLAG_UTIL_CLAMP_MIN", 32},
                                {"SCHED_FLAG_UTIL_CLAMP_MAX", 64}};
constexpr Name kIoClasses[] = {
    {"IOPRIO_CLASS_RT", 1}, {"IOPRIO_CLASS_BE", 2}, {"IOPRIO_CLASS_IDLE", 3}};

template <size_t N>
int lookUp(const Name (&table)[N], const std::string& name, const char* step, const char* syscall) {
  for (const Name& row : table) {
    if (row.name == name) return row.value;
  }
  throw SysError(step, syscall, name, EINVAL, "no such name");
}

// sched_setattr(2); the C library has no wrapper.
struct SchedAttr {
  uint32_t size = sizeof(SchedAttr), policy = 0;
  uint64_t flags = 0;
  int32_t nice = 0;
  uint32_t priority = 0;
  uint64_t runtime = 0, deadline = 0, period = 0;
};

}  // namespace

void applyRlimits(const std::vector<spec::Rlimit>& rlimits) {
  constexpr const char* step = "set rlimit";
  for (const spec::Rlimit& limit : rlimits) {
    const rlimit64 value{limit.soft, limit.hard};
    if (prlimit64(0,
                  static_cast<__rlimit_resource>(lookUp(kRlimits, limit.type, step, "prlimit64")),
                  &value, nullptr) < 0) {
      const int saved = errno;
      throw SysError(
          step, "prlimit64", limit.type, saved,
          saved == EPERM ? "raising a hard limit needs CAP_SYS_RESOURCE on this machine" : "");
    }
  }
}

void applyOomScoreAdj(int procSelf, std::optional<int32_t> value) {
  if (!value) return;
  try {
    writeFileAt(procSelf, "oom_score_adj", std::to_string(*value), 0, 0, "set oom_score_adj");
  } catch (SysError& error) {
    if (error.err == EACCES) error.hint = "lowering it needs CAP_SYS_RESOURCE on this machine";
    throw;
  }
}

void applyScheduler(const spec::Scheduler& scheduler) {
  constexpr const char* step = "set scheduler";
  SchedAttr attr;
  attr.policy = static_cast<uint32_t>(lookUp(kPolicies, scheduler.policy, step, "sched_setattr"));
  for (const std::string& flag : scheduler.flags)
    attr.flags |= static_cast<uint64_t>(lookUp(kSchedFlags, flag, step, "sched_setattr"));
  attr.nice = scheduler.nice.value_or(0);
  attr.priority = static_cast<uint32_t>(scheduler.priority.value_or(0));
  attr.runtime = scheduler.runtime.value_or(0);
  attr.deadline = scheduler.deadline.value_or(0);
  attr.period = scheduler.period.value_or(0);
  check(syscall(SYS_sched_setattr, 0, &attr, 0), step, "sched_setattr", scheduler.policy);
}

void applyIoPriority(const spec::IoPriority& priority) {
  constexpr const char* step = "set io priority";
  const int clazz = lookUp(kIoClasses, priority.clazz, step, "ioprio_set");
  check(syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0,
                clazz << IOPRIO_CLASS_SHIFT | priority.priority),
        step, "ioprio_set", priority.clazz);
}

void applyPersonality(const spec::Personality& wanted) {
  constexpr const char* step = "set personality";
  if (wanted.domain != "LINUX" && wanted.domain != "LINUX32") {
    throw SysError(step, "personality", wanted.domain, EINVAL, "the domain is LINUX or LINUX32");
  }
  if (!wanted.flags.empty())
    throw SysError(step, "personality", wanted.flags[0], EINVAL, "no flags are defined");
  check(personality(wanted.domain == "LINUX32" ? PER_LINUX32 : PER_LINUX), step, "personality",
        wanted.domain);
}

}  // namespace slipway
