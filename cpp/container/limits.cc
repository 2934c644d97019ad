// SPDX-License-Identifier: Apache-2.0
#include "container/limits.h"

#include <linux/ioprio.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/resource.h>

#include <string_view>

#include "container/proc_self.h"
#include "sys/error.h"
#include "sys/raw.h"

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

SchedAttr attributesOf(const spec::Scheduler& scheduler) {
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
  return attr;
}

Fault applyOomScoreAdj(const std::string& value, int procSelf) {
  Fault fault = writeProcSelf(procSelf, "oom_score_adj", value, "set oom_score_adj");
  if (fault.err == EACCES) fault.hint = "lowering it needs CAP_SYS_RESOURCE on this machine";
  return fault;
}

Fault applyResource(const ProcessLimits::Resource& limit) {
  const long result = raw::call(SYS_prlimit64, 0, limit.number, &limit.value, nullptr);
  return faultOf(
      result, "set rlimit", "prlimit64", limit.name.c_str(),
      result == -EPERM ? "raising a hard limit needs CAP_SYS_RESOURCE on this machine" : "");
}

}  // namespace

ProcessLimits prepareLimits(const spec::Process& process) {
  ProcessLimits limits;
  if (process.oomScoreAdj) limits.oomScoreAdj = std::to_string(*process.oomScoreAdj);
  if (process.scheduler) {
    limits.scheduler = attributesOf(*process.scheduler);
    limits.policy = process.scheduler->policy;
  }
  if (const auto& io = process.ioPriority) {
    const int clazz = lookUp(kIoClasses, io->clazz, "set io priority", "ioprio_set");
    limits.ioPriority = clazz << IOPRIO_CLASS_SHIFT | io->priority;
    limits.ioClass = io->clazz;
  }
  for (const spec::Rlimit& limit : process.rlimits) {
    const int number = lookUp(kRlimits, limit.type, "set rlimit", "prlimit64");
    limits.resources.push_back({number, {limit.soft, limit.hard}, limit.type});
  }
  return limits;
}

Fault applyLimits(const ProcessLimits& limits, int procSelf) {
  if (!limits.oomScoreAdj.empty()) {
    if (const Fault fault = applyOomScoreAdj(limits.oomScoreAdj, procSelf)) return fault;
  }
  if (limits.scheduler) {
    const long result = raw::call(SYS_sched_setattr, 0, &*limits.scheduler, 0);
    if (result < 0) return faultOf(result, "set scheduler", "sched_setattr", limits.policy.c_str());
  }
  if (limits.ioPriority) {
    const long result =
        raw::call(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, *limits.ioPriority);
    if (result < 0) return faultOf(result, "set io priority", "ioprio_set", limits.ioClass.c_str());
  }
  for (const ProcessLimits::Resource& limit : limits.resources) {
    if (const Fault fault = applyResource(limit)) return fault;
  }
  return {};
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
