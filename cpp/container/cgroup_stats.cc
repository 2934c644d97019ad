// SPDX-License-Identifier: Apache-2.0
// What a cgroup used: the fewest and cheapest reads that tell it. memory.stat is
// left alone, on v1 it walks all descendants and CPUs.
#include "container/cgroup.h"

namespace slipway {
namespace {

constexpr const char* kStep = "read cgroup usage";

using Number = std::optional<uint64_t>;

Number number(const CgroupDir& dir, std::string_view file) {
  const auto text = dir.readIfThere(kStep, file);
  return text ? cgroupNumber(*text) : std::nullopt;
}

Number field(const CgroupDir& dir, std::string_view file, std::string_view key) {
  const auto text = dir.readIfThere(kStep, file);
  return text ? cgroupField(*text, key) : std::nullopt;
}

// cpu.stat is in every v2 cgroup, with the cpu controller or without.
void readCpuV2(const CgroupDir& dir, CgroupUsage& usage) {
  const std::string text = dir.read(kStep, "cpu.stat");
  usage.cpuTotalUs = cgroupField(text, "usage_usec").value_or(0);
  usage.cpuUserUs = cgroupField(text, "user_usec").value_or(0);
  usage.cpuSystemUs = cgroupField(text, "system_usec").value_or(0);
}

// The total is exact; user and system are sampled at ticks and only their ratio
// is of use. Without any tick all counts as user, as the kernel does for a process.
void readCpuV1(const CgroupDir& dir, CgroupUsage& usage) {
  usage.cpuTotalUs = number(dir, "cpuacct.usage").value_or(0) / 1000;
  const double user = static_cast<double>(number(dir, "cpuacct.usage_user").value_or(0));
  const double system = static_cast<double>(number(dir, "cpuacct.usage_sys").value_or(0));
  const double share = user + system > 0 ? system / (user + system) : 0;
  usage.cpuSystemUs = static_cast<uint64_t>(static_cast<double>(usage.cpuTotalUs) * share);
  usage.cpuUserUs = usage.cpuTotalUs - usage.cpuSystemUs;
}

void readMemory(const CgroupDir& dir, CgroupUsage& usage) {
  usage.memoryUsageBytes = number(dir, dir.v2() ? "memory.current" : "memory.usage_in_bytes");
  // memory.peak: kernel 5.19. Before it v2 does not count the peak.
  usage.memoryPeakBytes = number(dir, dir.v2() ? "memory.peak" : "memory.max_usage_in_bytes");
  usage.oomKills = field(dir, dir.v2() ? "memory.events" : "memory.oom_control", "oom_kill");
}

void readPids(const CgroupDir& dir, CgroupUsage& usage) {
  usage.pidsCurrent = number(dir, "pids.current");
  usage.pidsPeak = number(dir, "pids.peak");  // kernel 6.1
  usage.pidsMaxEvents = field(dir, "pids.events", "max");
}

void add(Number& sum, Number value) { sum = sum.value_or(0) + value.value_or(0); }

// "8:0 Read 4096" for each device and direction, then a "Total". Since kernel
// 6.10 a device is counted on v1 from its first throttle rule on (the policy
// starts with it), so without a line nothing is known, and no 0 is claimed.
void sumV1(const CgroupDir& dir, const char* file, Number& reads, Number& writes) {
  const auto text = dir.readIfThere(kStep, file);
  if (!text) return;
  for (const std::string_view line : splitWords(*text, '\n')) {
    const auto words = splitWords(line);
    if (words.size() != 3) continue;
    if (words[1] == "Read") add(reads, cgroupNumber(words[2]));
    if (words[1] == "Write") add(writes, cgroupNumber(words[2]));
  }
}

// "8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0"
void sumV2(const CgroupDir& dir, CgroupUsage& usage) {
  const auto text = dir.readIfThere(kStep, "io.stat");
  if (!text) return;
  usage.ioReadBytes = usage.ioWriteBytes = usage.ioReadOps = usage.ioWriteOps = 0;
  for (const std::string_view line : splitWords(*text, '\n')) {
    for (const std::string_view word : splitWords(line)) {
      const size_t equals = word.find('=');
      if (equals == std::string_view::npos) continue;
      const std::string_view key = word.substr(0, equals);
      const Number value = cgroupNumber(word.substr(equals + 1));
      if (key == "rbytes") add(usage.ioReadBytes, value);
      if (key == "wbytes") add(usage.ioWriteBytes, value);
      if (key == "rios") add(usage.ioReadOps, value);
      if (key == "wios") add(usage.ioWriteOps, value);
    }
  }
}

}  // namespace

CgroupUsage Cgroup::usage() const {
  CgroupUsage usage;
  if (const auto dir = v2())
    readCpuV2(*dir, usage);
  else if (const auto v1 = find("cpuacct"))
    readCpuV1(*v1, usage);
  if (const auto dir = find("memory")) readMemory(*dir, usage);
  if (const auto dir = find("pids")) readPids(*dir, usage);
  if (const auto dir = find("blkio")) {
    sumV1(*dir, "blkio.throttle.io_service_bytes_recursive", usage.ioReadBytes, usage.ioWriteBytes);
    sumV1(*dir, "blkio.throttle.io_serviced_recursive", usage.ioReadOps, usage.ioWriteOps);
  } else if (const auto io = find("io")) {
    sumV2(*io, usage);
  }
  return usage;
}

uint64_t Cgroup::oomKills() const {
  const auto dir = find("memory");
  if (!dir) return 0;
  return field(*dir, dir->v2() ? "memory.events" : "memory.oom_control", "oom_kill").value_or(0);
}

}  // namespace slipway
