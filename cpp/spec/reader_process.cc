// SPDX-License-Identifier: Apache-2.0
// The `process` section; also what an exec is described by.
#include <algorithm>

#include "spec/reader.h"
#include "spec/reader_parts.h"

namespace slipway::spec {

using json::Value;

namespace {

constexpr std::string_view kSchedulerPolicies[] = {"SCHED_OTHER",   "SCHED_FIFO", "SCHED_RR",
                                                   "SCHED_BATCH",   "SCHED_ISO",  "SCHED_IDLE",
                                                   "SCHED_DEADLINE"};
constexpr std::string_view kSchedulerFlags[] = {
    "SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM",     "SCHED_FLAG_DL_OVERRUN",
    "SCHED_FLAG_KEEP_POLICY",   "SCHED_FLAG_KEEP_PARAMS", "SCHED_FLAG_UTIL_CLAMP_MIN",
    "SCHED_FLAG_UTIL_CLAMP_MAX"};
constexpr std::string_view kIoPriorityClasses[] = {"IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE",
                                                   "IOPRIO_CLASS_IDLE"};

// The kernel's struct winsize has 16 bits for each; a larger number would wrap.
uint32_t readCells(const Value& value) {
  return static_cast<uint32_t>(value.asNatural(UINT16_MAX));
}

ConsoleSize readConsoleSize(const Value& value) {
  return {.height = readCells(value.at("height")), .width = readCells(value.at("width"))};
}

User readUser(const Value& value) {
  User user;
  value.read("uid", user.uid);
  value.read("gid", user.gid);
  value.read("umask", user.umask);
  value.read("additionalGids", user.additionalGids);
  return user;
}

Capabilities readCapabilities(const Value& value) {
  Capabilities capabilities;
  value.read("bounding", capabilities.bounding);
  value.read("effective", capabilities.effective);
  value.read("inheritable", capabilities.inheritable);
  value.read("permitted", capabilities.permitted);
  value.read("ambient", capabilities.ambient);
  return capabilities;
}

std::string readRlimitType(const Value& value) {
  constexpr std::string_view kPrefix = "RLIMIT_";
  std::string type = value.asString();
  const auto isUpper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const bool good = type.starts_with(kPrefix) && type.size() > kPrefix.size() &&
                    std::all_of(type.begin() + kPrefix.size(), type.end(), isUpper);
  if (!good) value.refuse("expected a name such as RLIMIT_NOFILE, got " + json::quoted(type));
  return type;
}

Rlimit readRlimit(const Value& value) {
  Rlimit rlimit;
  rlimit.type = readRlimitType(value.at("type"));
  value.require("hard", rlimit.hard);
  value.require("soft", rlimit.soft);
  return rlimit;
}

Scheduler readScheduler(const Value& value) {
  Scheduler scheduler;
  scheduler.policy = value.at("policy").asOneOf(kSchedulerPolicies);
  value.read("nice", scheduler.nice);
  value.read("priority", scheduler.priority);
  readManyOf(value, "flags", scheduler.flags, kSchedulerFlags);
  value.read("runtime", scheduler.runtime);
  value.read("deadline", scheduler.deadline);
  value.read("period", scheduler.period);
  return scheduler;
}

IoPriority readIoPriority(const Value& value) {
  IoPriority priority;
  priority.clazz = value.at("class").asOneOf(kIoPriorityClasses);
  value.read("priority", priority.priority);
  return priority;
}

std::string readCpuList(const Value& value) {
  std::string list = value.asString();
  if (list.find_first_not_of("0123456789, -") != std::string::npos) {
    value.refuse("expected a list of CPUs such as 0-3,7, got " + json::quoted(list));
  }
  return list;
}

ExecCpuAffinity readExecCpuAffinity(const Value& value) {
  ExecCpuAffinity affinity;
  value.read("initial", affinity.initial, readCpuList);
  value.read("final", affinity.final, readCpuList);
  return affinity;
}

void readRights(const Value& value, Process& process) {
  value.read("user", process.user, readUser);
  value.read("capabilities", process.capabilities, readCapabilities);
  value.read("noNewPrivileges", process.noNewPrivileges);
  value.read("apparmorProfile", process.apparmorProfile);
  value.read("selinuxLabel", process.selinuxLabel);
}

void readScheduling(const Value& value, Process& process) {
  value.readList("rlimits", process.rlimits, readRlimit);
  if (const auto rlimits = value.find("rlimits")) refuseSecond(*rlimits, "type");
  value.read("oomScoreAdj", process.oomScoreAdj);
  value.read("scheduler", process.scheduler, readScheduler);
  value.read("ioPriority", process.ioPriority, readIoPriority);
  value.read("execCPUAffinity", process.execCpuAffinity, readExecCpuAffinity);
}

}  // namespace

Process readProcess(const Value& value) {
  Process process;
  value.read("terminal", process.terminal);
  value.read("consoleSize", process.consoleSize, readConsoleSize);
  value.read("args", process.args);
  value.read("env", process.env);
  process.cwd = readAbsolutePath(value.at("cwd"));
  readRights(value, process);
  readScheduling(value, process);
  return process;
}

}  // namespace slipway::spec
