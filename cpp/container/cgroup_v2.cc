// SPDX-License-Identifier: Apache-2.0
// Resource setters of cgroup v2: OCI speaks in v1's terms, which are converted.
#include <cerrno>

#include "container/cgroup_apply.h"
#include "sys/error.h"

namespace slipway::cgroup_v2 {
namespace {

std::string orMax(int64_t value) { return value < 0 ? "max" : std::to_string(value); }

// OCI's swap is memory plus swap, v2's is swap alone.
std::string swapAlone(const spec::Memory& memory) {
  constexpr const char* kOption = "linux.resources.memory.swap";
  const int64_t swap = *memory.swap, limit = memory.limit.value_or(0);
  if (swap < 0) return "max";
  if (limit <= 0)
    refuseValue(kOption, std::to_string(swap), "only together with a memory limit, on cgroup v2");
  if (swap < limit)
    refuseValue(kOption, std::to_string(swap), "the memory limit or more: it is memory plus swap");
  return std::to_string(swap - limit);
}

void setSwap(const CgroupDir& dir, const spec::Memory& memory) {
  if (asked(memory.swap)) {
    const std::string value = swapAlone(memory);
    // Without the file swap is not accounted, and so not limited either.
    if (value == "max" && !dir.has("memory.swap.max")) return;
    return writeOption(dir, "linux.resources.memory.swap", "memory.swap.max", value,
                       "this kernel does not account swap (boot option swapaccount=1)");
  }
  if (memory.limit.value_or(0) < 0 && dir.has("memory.swap.max"))
    dir.write("set memory limit", "memory.swap.max", "max");
}

void refuseV1Only(const spec::Memory& memory) {
  if (memory.kernel.value_or(0) > 0)
    refuseOption("linux.resources.memory.kernel", "cgroup v2 has no limit for kernel memory alone");
  if (memory.kernelTCP.value_or(0) > 0)
    refuseOption("linux.resources.memory.kernelTCP", "cgroup v2 has no limit for TCP memory alone");
  if (memory.swappiness)
    refuseOption("linux.resources.memory.swappiness", "cgroup v2 has no swappiness of a cgroup");
  if (memory.disableOOMKiller.value_or(false))
    refuseOption("linux.resources.memory.disableOOMKiller",
                 "cgroup v2 cannot turn the OOM killer off");
  if (!memory.useHierarchy.value_or(true))
    refuseOption("linux.resources.memory.useHierarchy", "cgroup v2 always accounts hierarchically");
}

// One file holds both; what is not asked for stays as it is.
void setQuota(const CgroupDir& dir, const spec::Cpu& cpu) {
  std::string quota = asked(cpu.quota) ? orMax(*cpu.quota) : std::string();
  if (quota.empty()) {
    const std::string now = dir.read("set cpu limit", "cpu.max");
    quota = now.substr(0, now.find_first_of(" \n"));
  }
  if (asked(cpu.period)) quota += " " + std::to_string(*cpu.period);
  writeOption(dir, asked(cpu.quota) ? "linux.resources.cpu.quota" : "linux.resources.cpu.period",
              "cpu.max", quota, "this kernel has no CPU bandwidth control");
}

// A burst above the old quota waits for the new one; a smaller goes first.
void setBandwidth(const CgroupDir& dir, const spec::Cpu& cpu) {
  const bool limits = asked(cpu.quota) || asked(cpu.period);
  const std::string burst = std::to_string(cpu.burst.value_or(0));
  const int early = cpu.burst && limits ? dir.tryWrite("cpu.max.burst", burst) : EINVAL;
  if (limits) setQuota(dir, cpu);
  if (cpu.burst && early != 0)
    writeOption(dir, "linux.resources.cpu.burst", "cpu.max.burst", burst, "needs kernel 5.14");
}

void checkWeight(const char* option, uint16_t weight) {
  if (weight < 10 || weight > 1000) refuseValue(option, std::to_string(weight), "10 to 1000");
}

// BFQ takes v1's scale; io.weight (the iocost policy) has its own.
void setWeight(const CgroupDir& dir, const char* option, const std::string& target,
               uint16_t weight) {
  checkWeight(option, weight);
  if (dir.has("io.bfq.weight"))
    writeOption(dir, option, "io.bfq.weight", target + std::to_string(weight), kNeedsBfq);
  else
    writeOption(dir, option, "io.weight", target + std::to_string(ioWeight(weight)),
                (std::string(kNeedsBfq) + ", or set io.cost.qos").c_str());
}

// A rate of 0 takes the limit away, as on v1.
void setThrottle(const CgroupDir& dir, const char* option, const char* key,
                 const std::vector<spec::ThrottleDevice>& devices) {
  for (const spec::ThrottleDevice& t : devices)
    writeOption(dir, option, "io.max",
                device(t.major, t.minor) + key + (t.rate ? std::to_string(t.rate) : "max"),
                "this kernel cannot throttle block I/O");
}

}  // namespace

void setMemory(const CgroupDir& dir, const spec::Memory& memory) {
  refuseV1Only(memory);
  checkMemoryUse(dir, memory, "memory.current");
  setSwap(dir, memory);
  if (asked(memory.limit)) dir.write("set memory limit", "memory.max", orMax(*memory.limit));
  if (asked(memory.reservation))
    dir.write("set memory reservation", "memory.low", orMax(*memory.reservation));
}

void setCpu(const CgroupDir& dir, const spec::Cpu& cpu) {
  if (asked(cpu.realtimePeriod))
    refuseOption("linux.resources.cpu.realtimePeriod", "cgroup v2 does not divide realtime");
  if (asked(cpu.realtimeRuntime))
    refuseOption("linux.resources.cpu.realtimeRuntime", "cgroup v2 does not divide realtime");
  // An idle cgroup takes no weight (EINVAL), so leaving idle comes first.
  if (cpu.idle)
    writeOption(dir, "linux.resources.cpu.idle", "cpu.idle", std::to_string(*cpu.idle),
                "needs kernel 5.15");
  if (asked(cpu.shares))
    dir.write("set cpu weight", "cpu.weight", std::to_string(cpuWeight(*cpu.shares)));
  setBandwidth(dir, cpu);
}

void setBlockIo(const CgroupDir& dir, const spec::BlockIo& blockIO) {
  if (asked(blockIO.leafWeight))
    refuseOption("linux.resources.blockIO.leafWeight", "cgroup v2 has no leaf weights");
  if (asked(blockIO.weight)) setWeight(dir, "linux.resources.blockIO.weight", "", *blockIO.weight);
  for (const spec::WeightDevice& w : blockIO.weightDevice) {
    if (asked(w.leafWeight))
      refuseOption("linux.resources.blockIO.weightDevice.leafWeight",
                   "cgroup v2 has no leaf weights");
    if (asked(w.weight))
      setWeight(dir, "linux.resources.blockIO.weightDevice", device(w.major, w.minor), *w.weight);
  }
  setThrottle(dir, "linux.resources.blockIO.throttleReadBpsDevice",
              "rbps=", blockIO.throttleReadBpsDevice);
  setThrottle(dir, "linux.resources.blockIO.throttleWriteBpsDevice",
              "wbps=", blockIO.throttleWriteBpsDevice);
  setThrottle(dir, "linux.resources.blockIO.throttleReadIOPSDevice",
              "riops=", blockIO.throttleReadIOPSDevice);
  setThrottle(dir, "linux.resources.blockIO.throttleWriteIOPSDevice",
              "wiops=", blockIO.throttleWriteIOPSDevice);
}

void setHugepages(const CgroupDir& dir, const spec::HugepageLimit& limit) {
  const std::string value = std::to_string(limit.limit), size = hugepageFiles(limit);
  writeOption(dir, "linux.resources.hugepageLimits", size + ".max", value,
              "this machine has no huge pages of that size");
  // Reservations are counted apart since kernel 5.7.
  if (dir.has(size + ".rsvd.max")) dir.write("set huge pages", size + ".rsvd.max", value);
}

}  // namespace slipway::cgroup_v2
