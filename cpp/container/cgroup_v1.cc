// SPDX-License-Identifier: Apache-2.0
// Resource setters of cgroup v1.
#include <cerrno>

#include "container/cgroup_apply.h"
#include "sys/error.h"

namespace slipway::cgroup_v1 {
namespace {

constexpr const char* kMemory = "set memory limit";
constexpr const char* kCpu = "set cpu limit";
constexpr const char* kLimit = "memory.limit_in_bytes";
constexpr const char* kSwapLimit = "memory.memsw.limit_in_bytes";

void writeLimit(const CgroupDir& dir, int64_t limit) {
  dir.write(kMemory, kLimit, std::to_string(limit),
            "EBUSY: more is in use than that and cannot be reclaimed; EINVAL: it may not exceed "
            "memory plus swap");
}

void writeSwapLimit(const CgroupDir& dir, int64_t limit) {
  writeOption(dir, "linux.resources.memory.swap", kSwapLimit, std::to_string(limit),
              "this kernel does not account swap (boot option swapaccount=1)");
}

// The kernel keeps memory <= memory plus swap at every moment: raising begins
// with the sum, lowering with the part.
void setLimits(const CgroupDir& dir, int64_t limit, int64_t swap) {
  // No bound on memory cannot go with a bound on the sum.
  if (limit < 0 && swap == 0 && dir.has(kSwapLimit)) swap = -1;
  if (swap == 0) return limit == 0 ? void() : writeLimit(dir, limit);
  if (limit == 0) return writeSwapLimit(dir, swap);
  if (swap > 0 && swap < limit)
    refuseValue("linux.resources.memory.swap", std::to_string(swap),
                "the memory limit or more: it is memory plus swap");
  const auto now = dir.readIfThere(kMemory, kSwapLimit);
  const bool raise =
      swap < 0 || (now && cgroupNumber(*now).value_or(0) < static_cast<uint64_t>(swap));
  if (raise) writeSwapLimit(dir, swap);
  writeLimit(dir, limit);
  if (!raise) writeSwapLimit(dir, swap);
}

// Since kernel 5.16 the file takes any value and does nothing: only reading it
// back tells.
void setKernelLimit(const CgroupDir& dir, int64_t limit) {
  constexpr const char* kFile = "memory.kmem.limit_in_bytes";
  constexpr const char* kOption = "linux.resources.memory.kernel";
  constexpr const char* kWhy = "this kernel no longer limits kernel memory on its own";
  writeOption(dir, kOption, kFile, std::to_string(limit), kWhy);
  const uint64_t set = cgroupNumber(dir.read(kMemory, kFile)).value_or(0);
  if (limit > 0 && set > static_cast<uint64_t>(limit)) refuseOption(kOption, kWhy);
}

// Period, then quota, is right unless the new period alone breaks a bound that
// the old quota set; then once more after the quota. Burst likewise.
struct Deferred {
  const CgroupDir& dir;
  const char* option;
  const char* file;
  std::string value;
  const char* why;
  bool pending = false;

  void first(bool mayWait) {
    const int error = mayWait ? dir.tryWrite(file, value) : -1;
    pending = error == EINVAL;
    if (error != 0 && !pending) writeOption(dir, option, file, value, why);
  }
  void again() {
    if (pending) writeOption(dir, option, file, value, why);
  }
};

constexpr const char* kNoBandwidth = "this kernel has no CPU bandwidth control";
constexpr const char* kNoRealtime = "this kernel has no realtime group scheduling";
constexpr const char* kNoBurst = "needs kernel 5.14";

void setQuota(const CgroupDir& dir, const spec::Cpu& cpu) {
  const bool quota = asked(cpu.quota);
  Deferred period{dir, "linux.resources.cpu.period", "cpu.cfs_period_us",
                  std::to_string(cpu.period.value_or(0)), kNoBandwidth};
  Deferred burst{dir, "linux.resources.cpu.burst", "cpu.cfs_burst_us",
                 std::to_string(cpu.burst.value_or(0)), kNoBurst};
  if (cpu.burst) burst.first(quota);
  if (asked(cpu.period)) period.first(quota);
  if (quota)
    writeOption(dir, "linux.resources.cpu.quota", "cpu.cfs_quota_us", std::to_string(*cpu.quota),
                kNoBandwidth);
  period.again();
  burst.again();
}

void setRealtime(const CgroupDir& dir, const spec::Cpu& cpu) {
  Deferred period{dir, "linux.resources.cpu.realtimePeriod", "cpu.rt_period_us",
                  std::to_string(cpu.realtimePeriod.value_or(0)), kNoRealtime};
  if (asked(cpu.realtimePeriod)) period.first(asked(cpu.realtimeRuntime));
  if (asked(cpu.realtimeRuntime))
    writeOption(dir, "linux.resources.cpu.realtimeRuntime", "cpu.rt_runtime_us",
                std::to_string(*cpu.realtimeRuntime), kNoRealtime);
  period.again();
}

// The BFQ scheduler's files took the place of CFQ's in kernel 5.0; some vendors
// kept the old names.
const char* weightFile(const CgroupDir& dir) {
  return dir.has("blkio.bfq.weight") ? "blkio.bfq.weight" : "blkio.weight";
}
const char* weightDeviceFile(const CgroupDir& dir) {
  return dir.has("blkio.bfq.weight_device") ? "blkio.bfq.weight_device" : "blkio.weight_device";
}

void setDeviceWeight(const CgroupDir& dir, const spec::WeightDevice& w) {
  const std::string name = device(w.major, w.minor);
  if (asked(w.weight))
    writeOption(dir, "linux.resources.blockIO.weightDevice", weightDeviceFile(dir),
                name + std::to_string(*w.weight), kNeedsBfq);
  if (asked(w.leafWeight))
    writeOption(dir, "linux.resources.blockIO.weightDevice.leafWeight", "blkio.leaf_weight_device",
                name + std::to_string(*w.leafWeight), "leaf weights went with CFQ in kernel 5.0");
}

void setThrottle(const CgroupDir& dir, const char* option, const char* file,
                 const std::vector<spec::ThrottleDevice>& devices) {
  for (const spec::ThrottleDevice& t : devices)
    writeOption(dir, option, file, device(t.major, t.minor) + std::to_string(t.rate),
                "this kernel cannot throttle block I/O");
}

}  // namespace

void setMemory(const CgroupDir& dir, const spec::Memory& memory) {
  checkMemoryUse(dir, memory, "memory.usage_in_bytes");
  setLimits(dir, memory.limit.value_or(0), memory.swap.value_or(0));
  if (asked(memory.reservation))
    dir.write("set memory reservation", "memory.soft_limit_in_bytes",
              std::to_string(*memory.reservation));
  if (asked(memory.kernel)) setKernelLimit(dir, *memory.kernel);
  if (asked(memory.kernelTCP))
    writeOption(dir, "linux.resources.memory.kernelTCP", "memory.kmem.tcp.limit_in_bytes",
                std::to_string(*memory.kernelTCP),
                "this kernel does not limit TCP memory of a cgroup");
  if (memory.swappiness)
    writeOption(dir, "linux.resources.memory.swappiness", "memory.swappiness",
                std::to_string(*memory.swappiness), "this kernel has no swappiness of a cgroup");
  if (memory.disableOOMKiller)
    writeOption(dir, "linux.resources.memory.disableOOMKiller", "memory.oom_control",
                *memory.disableOOMKiller ? "1" : "0", "this kernel cannot turn the OOM killer off");
  if (memory.useHierarchy)
    writeOption(dir, "linux.resources.memory.useHierarchy", "memory.use_hierarchy",
                *memory.useHierarchy ? "1" : "0", "this kernel always accounts hierarchically");
}

void setCpu(const CgroupDir& dir, const spec::Cpu& cpu) {
  // An idle cgroup takes no shares (EINVAL), so leaving idle comes first.
  if (cpu.idle)
    writeOption(dir, "linux.resources.cpu.idle", "cpu.idle", std::to_string(*cpu.idle),
                "needs kernel 5.15");
  if (asked(cpu.shares)) {
    // The kernel would bend a value out of range without a word.
    if (*cpu.shares < 2 || *cpu.shares > 262144)
      refuseValue("linux.resources.cpu.shares", std::to_string(*cpu.shares), "2 to 262144");
    dir.write(kCpu, "cpu.shares", std::to_string(*cpu.shares));
  }
  setQuota(dir, cpu);
  setRealtime(dir, cpu);
}

void setBlockIo(const CgroupDir& dir, const spec::BlockIo& blockIO) {
  if (asked(blockIO.weight))
    writeOption(dir, "linux.resources.blockIO.weight", weightFile(dir),
                std::to_string(*blockIO.weight), kNeedsBfq);
  if (asked(blockIO.leafWeight))
    writeOption(dir, "linux.resources.blockIO.leafWeight", "blkio.leaf_weight",
                std::to_string(*blockIO.leafWeight), "leaf weights went with CFQ in kernel 5.0");
  for (const spec::WeightDevice& w : blockIO.weightDevice) setDeviceWeight(dir, w);
  setThrottle(dir, "linux.resources.blockIO.throttleReadBpsDevice",
              "blkio.throttle.read_bps_device", blockIO.throttleReadBpsDevice);
  setThrottle(dir, "linux.resources.blockIO.throttleWriteBpsDevice",
              "blkio.throttle.write_bps_device", blockIO.throttleWriteBpsDevice);
  setThrottle(dir, "linux.resources.blockIO.throttleReadIOPSDevice",
              "blkio.throttle.read_iops_device", blockIO.throttleReadIOPSDevice);
  setThrottle(dir, "linux.resources.blockIO.throttleWriteIOPSDevice",
              "blkio.throttle.write_iops_device", blockIO.throttleWriteIOPSDevice);
}

void setHugepages(const CgroupDir& dir, const spec::HugepageLimit& limit) {
  const std::string value = std::to_string(limit.limit), size = hugepageFiles(limit);
  writeOption(dir, "linux.resources.hugepageLimits", size + ".limit_in_bytes", value,
              "this machine has no huge pages of that size");
  // Reservations are counted apart since kernel 5.7.
  if (dir.has(size + ".rsvd.limit_in_bytes"))
    dir.write("set huge pages", size + ".rsvd.limit_in_bytes", value);
}

void setClassId(const CgroupDir& dir, uint32_t classId) {
  dir.write("set network class", "net_cls.classid", std::to_string(classId));
}

void setPriorities(const CgroupDir& dir, const std::vector<spec::InterfacePriority>& priorities) {
  for (const spec::InterfacePriority& p : priorities)
    dir.write("set network priority", "net_prio.ifpriomap",
              p.name + " " + std::to_string(p.priority),
              "the name is that of a network interface the caller sees");
}

}  // namespace slipway::cgroup_v1
