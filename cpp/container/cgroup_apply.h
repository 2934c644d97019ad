// SPDX-License-Identifier: Apache-2.0
// The resource setters of each version, same names in both. For
// cgroup_resources.cc, which picks by where a controller is mounted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/spec.h"
#include "sys/cgroupfs.h"

namespace slipway {

// ENOTSUP: this cgroup version or kernel has nothing that could do `option`.
[[noreturn]] void refuseOption(const char* option, const std::string& why);
// EINVAL: no version takes this value.
[[noreturn]] void refuseValue(const char* option, const std::string& value,
                              const std::string& allowed);

// Writes; a control file the kernel does not have is refuseOption(option, why).
void writeOption(const CgroupDir& dir, const char* option, std::string_view file,
                 std::string_view value, const char* why);

// The kernel says no more than that it cannot, also where a disk has another scheduler.
inline constexpr const char* kNeedsBfq =
    "weights need the bfq scheduler on the disk; see /sys/block/X/queue/scheduler";

// Absent, and 0 where 0 stands for "not set" in OCI texts.
bool asked(const std::optional<int64_t>& value);
bool asked(const std::optional<uint64_t>& value);
bool asked(const std::optional<uint16_t>& value);

std::string device(int64_t major, int64_t minor);  // "8:0 "

std::string hugepageFiles(const spec::HugepageLimit& limit);  // "hugetlb.2MB"

// Refuses a limit below what is in use, where the user asked for that check.
void checkMemoryUse(const CgroupDir& dir, const spec::Memory& memory, const char* usageFile);

// cpu.weight for cpu.shares: 2, 1024 and 262144 shares become 1, 100 and 10000,
// with a curve of second degree in log2(shares) between them.
uint64_t cpuWeight(uint64_t shares);
// io.weight (1 to 10000) for a blkio weight (10 to 1000).
uint64_t ioWeight(uint16_t blkioWeight);

namespace cgroup_v1 {
void setMemory(const CgroupDir& dir, const spec::Memory& memory);
void setCpu(const CgroupDir& dir, const spec::Cpu& cpu);
void setBlockIo(const CgroupDir& dir, const spec::BlockIo& blockIO);
void setHugepages(const CgroupDir& dir, const spec::HugepageLimit& limit);
void setClassId(const CgroupDir& dir, uint32_t classId);
void setPriorities(const CgroupDir& dir, const std::vector<spec::InterfacePriority>& priorities);
}  // namespace cgroup_v1

namespace cgroup_v2 {
void setMemory(const CgroupDir& dir, const spec::Memory& memory);
void setCpu(const CgroupDir& dir, const spec::Cpu& cpu);
void setBlockIo(const CgroupDir& dir, const spec::BlockIo& blockIO);
void setHugepages(const CgroupDir& dir, const spec::HugepageLimit& limit);
}  // namespace cgroup_v2

}  // namespace slipway
