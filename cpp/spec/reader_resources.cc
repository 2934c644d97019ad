// SPDX-License-Identifier: Apache-2.0
// The `linux.resources` section; also what an update is described by.
#include <algorithm>

#include "spec/reader.h"
#include "spec/reader_parts.h"

namespace slipway::spec {

using json::Value;

namespace {

constexpr std::string_view kDeviceRuleTypes[] = {"a", "c", "b", ""};

std::string readAccess(const Value& value) {
  std::string access = value.asString();
  if (access.find_first_not_of("rwm") != std::string::npos) {
    value.refuse("expected letters of rwm, got " + json::quoted(access));
  }
  return access;
}

DeviceRule readDeviceRule(const Value& value) {
  DeviceRule rule;
  value.require("allow", rule.allow);
  readOneOf(value, "type", rule.type, kDeviceRuleTypes);
  value.read("major", rule.major);
  value.read("minor", rule.minor);
  value.read("access", rule.access, readAccess);
  return rule;
}

Memory readMemory(const Value& value) {
  Memory memory;
  value.read("limit", memory.limit);
  value.read("reservation", memory.reservation);
  value.read("swap", memory.swap);
  value.read("kernel", memory.kernel);
  value.read("kernelTCP", memory.kernelTCP);
  value.read("swappiness", memory.swappiness);
  value.read("disableOOMKiller", memory.disableOOMKiller);
  value.read("useHierarchy", memory.useHierarchy);
  value.read("checkBeforeUpdate", memory.checkBeforeUpdate);
  return memory;
}

Cpu readCpu(const Value& value) {
  Cpu cpu;
  value.read("shares", cpu.shares);
  value.read("quota", cpu.quota);
  value.read("burst", cpu.burst);
  value.read("period", cpu.period);
  value.read("realtimeRuntime", cpu.realtimeRuntime);
  value.read("realtimePeriod", cpu.realtimePeriod);
  value.read("idle", cpu.idle);
  value.read("cpus", cpu.cpus);
  value.read("mems", cpu.mems);
  return cpu;
}

ThrottleDevice readThrottleDevice(const Value& value) {
  ThrottleDevice device;
  value.require("major", device.major);
  value.require("minor", device.minor);
  value.read("rate", device.rate);
  return device;
}

WeightDevice readWeightDevice(const Value& value) {
  WeightDevice device;
  value.require("major", device.major);
  value.require("minor", device.minor);
  value.read("weight", device.weight);
  value.read("leafWeight", device.leafWeight);
  return device;
}

BlockIo readBlockIo(const Value& value) {
  BlockIo io;
  value.read("weight", io.weight);
  value.read("leafWeight", io.leafWeight);
  value.readList("weightDevice", io.weightDevice, readWeightDevice);
  value.readList("throttleReadBpsDevice", io.throttleReadBpsDevice, readThrottleDevice);
  value.readList("throttleWriteBpsDevice", io.throttleWriteBpsDevice, readThrottleDevice);
  value.readList("throttleReadIOPSDevice", io.throttleReadIOPSDevice, readThrottleDevice);
  value.readList("throttleWriteIOPSDevice", io.throttleWriteIOPSDevice, readThrottleDevice);
  return io;
}

bool isPageSize(std::string_view text) {
  if (!text.ends_with('B') || text.size() < 3 || text[0] == '0') return false;
  const std::string_view digits = text.substr(0, text.size() - 2);
  return std::string_view("KMG").find(text[text.size() - 2]) != std::string_view::npos &&
         digits.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string readPageSize(const Value& value) {
  std::string size = value.asString();
  if (!isPageSize(size)) value.refuse("expected a size such as 2MB, got " + json::quoted(size));
  return size;
}

HugepageLimit readHugepageLimit(const Value& value) {
  return {.pageSize = readPageSize(value.at("pageSize")), .limit = value.get<uint64_t>("limit")};
}

Network readNetwork(const Value& value) {
  Network network;
  value.read("classID", network.classID);
  value.readList("priorities", network.priorities, [](const Value& item) {
    return InterfacePriority{.name = item.get<std::string>("name"),
                             .priority = item.get<uint32_t>("priority")};
  });
  return network;
}

Rdma readRdma(const Value& value) {
  Rdma rdma;
  value.read("hcaHandles", rdma.hcaHandles);
  value.read("hcaObjects", rdma.hcaObjects);
  return rdma;
}

}  // namespace

Resources readResources(const Value& value) {
  Resources resources;
  value.readList("devices", resources.devices, readDeviceRule);
  value.read("memory", resources.memory, readMemory);
  value.read("cpu", resources.cpu, readCpu);
  value.read("pids", resources.pidsLimit,
             [](const Value& pids) { return pids.get<int64_t>("limit"); });
  value.read("blockIO", resources.blockIO, readBlockIo);
  value.readList("hugepageLimits", resources.hugepageLimits, readHugepageLimit);
  value.read("network", resources.network, readNetwork);
  value.readMap("rdma", resources.rdma, readRdma);
  value.read("unified", resources.unified, readStringMap);
  return resources;
}

}  // namespace slipway::spec
