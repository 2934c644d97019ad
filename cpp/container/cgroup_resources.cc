// SPDX-License-Identifier: Apache-2.0
// OCI resources -> control files. Here: which controller each part needs and
// what both versions share.
#include <fcntl.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>

#include "container/cgroup.h"
#include "container/cgroup_apply.h"
#include "container/cgroup_devices.h"
#include "container/device_bpf.h"
#include "sys/error.h"

namespace slipway {
namespace {

constexpr const char* kStep = "set cgroup resources";

void setRdma(const CgroupDir& dir, const std::string& name, const spec::Rdma& rdma) {
  std::string value = name;
  if (rdma.hcaHandles) value += " hca_handle=" + std::to_string(*rdma.hcaHandles);
  if (rdma.hcaObjects) value += " hca_object=" + std::to_string(*rdma.hcaObjects);
  dir.write(kStep, "rdma.max", value, "the name is that of a device in /sys/class/infiniband");
}

void setCpuset(const CgroupDir& dir, const spec::Cpu& cpu) {
  const char* hint = "the list must lie within what this machine and the cgroup above have";
  if (!cpu.cpus.empty()) dir.write("set cpus", "cpuset.cpus", cpu.cpus, hint);
  if (!cpu.mems.empty()) dir.write("set memory nodes", "cpuset.mems", cpu.mems, hint);
}

bool wantsCpu(const spec::Cpu& cpu) {
  return asked(cpu.shares) || asked(cpu.quota) || asked(cpu.period) || cpu.burst || cpu.idle ||
         asked(cpu.realtimePeriod) || asked(cpu.realtimeRuntime);
}

// Of the cgroup.* files only these two are limits; the others move or kill.
bool isLimit(const std::string& key) {
  return !key.starts_with("cgroup.") || key == "cgroup.max.depth" ||
         key == "cgroup.max.descendants";
}

}  // namespace

void refuseOption(const char* option, const std::string& why) {
  throw SysError(kStep, "check", option, ENOTSUP, std::string(option) + ": " + why);
}

void refuseValue(const char* option, const std::string& value, const std::string& allowed) {
  throw SysError(kStep, "check", option, EINVAL,
                 std::string(option) + " is " + value + "; allowed: " + allowed);
}

void writeOption(const CgroupDir& dir, const char* option, std::string_view file,
                 std::string_view value, const char* why) {
  const int error = dir.tryWrite(file, value);
  if (error == ENOENT || error == EOPNOTSUPP) refuseOption(option, why);
  if (error)
    throw SysError(kStep, "write", dir.path(file), error,
                   std::string(option) + ": the kernel refuses " + std::string(value));
}

bool asked(const std::optional<int64_t>& value) { return value.value_or(0) != 0; }
bool asked(const std::optional<uint64_t>& value) { return value.value_or(0) != 0; }
bool asked(const std::optional<uint16_t>& value) { return value.value_or(0) != 0; }

std::string device(int64_t major, int64_t minor) {
  return std::to_string(major) + ":" + std::to_string(minor) + " ";
}

std::string hugepageFiles(const spec::HugepageLimit& limit) {
  const bool word = std::all_of(limit.pageSize.begin(), limit.pageSize.end(),
                                [](unsigned char c) { return std::isalnum(c); });
  if (!word || limit.pageSize.empty())
    refuseValue("linux.resources.hugepageLimits", "'" + limit.pageSize + "'",
                "page sizes such as 2MB or 1GB");
  return "hugetlb." + limit.pageSize;
}

void checkMemoryUse(const CgroupDir& dir, const spec::Memory& memory, const char* usageFile) {
  if (!memory.checkBeforeUpdate.value_or(false) || memory.limit.value_or(0) <= 0) return;
  const uint64_t used = cgroupNumber(dir.read(kStep, usageFile)).value_or(0);
  if (used > static_cast<uint64_t>(*memory.limit))
    throw SysError(
        kStep, "check", dir.path(usageFile), EBUSY,
        "linux.resources.memory.limit is below the " + std::to_string(used) + " bytes in use");
}

uint64_t cpuWeight(uint64_t shares) {
  if (shares <= 2) return 1;
  if (shares >= 262144) return 10000;
  const double x = std::log2(static_cast<double>(shares));
  const double exponent = (x * x + 125.0 * x) / 612.0 - 7.0 / 34.0;
  return static_cast<uint64_t>(std::ceil(std::pow(10.0, exponent)));
}

uint64_t ioWeight(uint16_t blkioWeight) { return 1 + (blkioWeight - 10) * uint64_t{9999} / 990; }

// The folder of `controller`, added now if the cgroup has none yet.
CgroupDir Cgroup::need(const char* controller, const char* option) {
  if (auto dir = find(controller)) return *dir;
  if (!layout().find(controller))
    throw SysError(kStep, "find", controller,
                   layout().mode() == CgroupLayout::Mode::kV2 ? ENOTSUP : ENODEV,
                   std::string(option) + " needs the cgroup controller " + controller +
                       ", which this machine does not mount");
  ensureController(controller);
  return *find(controller);
}

void Cgroup::apply(const spec::Resources& resources) {
  if (resources.cpu) applyCpu(*resources.cpu);
  if (resources.memory) {
    const CgroupDir dir = need("memory", "linux.resources.memory");
    dir.v2() ? cgroup_v2::setMemory(dir, *resources.memory)
             : cgroup_v1::setMemory(dir, *resources.memory);
  }
  if (resources.pidsLimit) {
    const int64_t limit = *resources.pidsLimit;
    const CgroupDir dir = need("pids", "linux.resources.pids.limit");
    dir.write("set pids limit", "pids.max", limit > 0 ? std::to_string(limit) : "max");
  }
  if (resources.blockIO) {
    const CgroupDir dir = need(layout().find("blkio") ? "blkio" : "io", "linux.resources.blockIO");
    dir.v2() ? cgroup_v2::setBlockIo(dir, *resources.blockIO)
             : cgroup_v1::setBlockIo(dir, *resources.blockIO);
  }
  for (const spec::HugepageLimit& limit : resources.hugepageLimits) {
    const CgroupDir dir = need("hugetlb", "linux.resources.hugepageLimits");
    dir.v2() ? cgroup_v2::setHugepages(dir, limit) : cgroup_v1::setHugepages(dir, limit);
  }
  if (resources.network) applyNetwork(*resources.network);
  for (const auto& [name, rdma] : resources.rdma)
    setRdma(need("rdma", "linux.resources.rdma"), name, rdma);
  if (!resources.devices.empty()) applyDevices(resources.devices);
  // Last: it may state more exactly what the parts above state in v1's terms.
  if (!resources.unified.empty()) applyUnified(resources.unified);
}

void Cgroup::applyCpu(const spec::Cpu& cpu) {
  if (wantsCpu(cpu)) {
    const CgroupDir dir = need("cpu", "linux.resources.cpu");
    dir.v2() ? cgroup_v2::setCpu(dir, cpu) : cgroup_v1::setCpu(dir, cpu);
  }
  if (!cpu.cpus.empty() || !cpu.mems.empty())
    setCpuset(need("cpuset", "linux.resources.cpu.cpus"), cpu);
}

void Cgroup::applyNetwork(const spec::Network& network) {
  if (network.classID)
    cgroup_v1::setClassId(need("net_cls", "linux.resources.network.classID"), *network.classID);
  if (!network.priorities.empty())
    cgroup_v1::setPriorities(need("net_prio", "linux.resources.network.priorities"),
                             network.priorities);
}

void Cgroup::applyDevices(const std::vector<spec::DeviceRule>& rules) {
  const std::vector<DeviceMatch> matches = parseDeviceRules(rules);
  if (!layout().find("devices")) {
    const auto unified = v2();
    if (!unified)
      refuseOption("linux.resources.devices", "no devices controller and no v2 tree is mounted");
    const Fd folder = unified->open("set device rules", "", O_RDONLY | O_DIRECTORY);
    attachDeviceProgram(folder.get(), unified->path(), matches, fresh_);
  } else {
    const CgroupDir dir = need("devices", "linux.resources.devices");
    const DeviceTable table = compileDeviceTable(matches);
    const auto lines = fresh_ ? deviceLines(table)
                              : deviceLines(table, dir.read("set device rules", "devices.list"));
    for (const DeviceLine& line : lines)
      dir.write("set device rules", line.allow ? "devices.allow" : "devices.deny", line.text,
                "a cgroup cannot allow more devices than the one above it");
  }
  fresh_ = false;
}

void Cgroup::applyUnified(const std::map<std::string, std::string>& values) {
  constexpr const char* kOption = "linux.resources.unified";
  const auto unified = v2();
  if (!unified) refuseOption(kOption, "no cgroup v2 tree is mounted");
  for (const auto& [key, value] : values) {
    const size_t dot = key.find('.');
    if (key.find('/') != std::string::npos || dot == std::string::npos || dot == 0 || !isLimit(key))
      refuseValue(kOption, "'" + key + "'", "names of controller files, such as memory.high");
    const std::string controller = key.substr(0, dot);
    if (controller != "cgroup") {
      const CgroupHierarchy* hierarchy = layout().find(controller);
      if (!hierarchy || !hierarchy->v2)
        refuseOption(kOption, key + " needs the controller " + controller +
                                  " on cgroup v2, which this machine lacks");
      ensureController(controller);
    }
    for (const std::string_view line : splitWords(value, '\n'))
      writeOption(*unified, kOption, key, line, ("this kernel has no " + key).c_str());
  }
}

}  // namespace slipway
