// SPDX-License-Identifier: Apache-2.0
// The `linux` section but resources and seccomp.
#include "spec/reader.h"
#include "spec/reader_parts.h"

namespace slipway::spec {

using json::Value;

namespace {

constexpr std::string_view kNamespaces[] = {"mount", "pid",  "network", "uts",
                                            "ipc",   "user", "cgroup",  "time"};
constexpr std::string_view kDeviceTypes[] = {"c", "b", "u", "p"};
// The schema lists the first row; engines write the recursive forms as well.
constexpr std::string_view kPropagations[] = {"private",  "shared",  "slave",  "unbindable",  //
                                              "rprivate", "rshared", "rslave", "runbindable"};
constexpr std::string_view kDomains[] = {"LINUX", "LINUX32"};
constexpr std::string_view kClocks[] = {"monotonic", "boottime"};
constexpr std::string_view kPolicyModes[] = {
    "MPOL_DEFAULT",   "MPOL_BIND",           "MPOL_INTERLEAVE", "MPOL_WEIGHTED_INTERLEAVE",
    "MPOL_PREFERRED", "MPOL_PREFERRED_MANY", "MPOL_LOCAL"};
constexpr std::string_view kPolicyFlags[] = {"MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES",
                                             "MPOL_F_STATIC_NODES"};

Namespace readNamespace(const Value& value) {
  Namespace entry;
  entry.type = value.at("type").asOneOf(kNamespaces);
  const auto path = value.find("path");
  if (!path) return entry;
  entry.path = path->asString();
  if (!entry.path.empty() && !entry.isNeighbour()) entry.path = readAbsolutePath(*path);
  return entry;
}

uint32_t readFileMode(const Value& value) { return static_cast<uint32_t>(value.asNatural(0777)); }

Device readDevice(const Value& value) {
  Device device;
  device.type = value.at("type").asOneOf(kDeviceTypes);
  value.require("path", device.path);
  if (device.type != "p") {
    value.require("major", device.major);
    value.require("minor", device.minor);
  }
  value.read("fileMode", device.fileMode, readFileMode);
  value.read("uid", device.uid);
  value.read("gid", device.gid);
  return device;
}

// A device without a name of its own keeps the one it has on the host.
std::map<std::string, std::string> readNetDevices(const Value& value) {
  std::map<std::string, std::string> out;
  for (const auto& [host, device] : value.members()) {
    std::string name(host);
    device.read("name", name);
    out.emplace(host, name);
  }
  return out;
}

IntelRdt readIntelRdt(const Value& value) {
  IntelRdt rdt;
  value.read("closID", rdt.closID);
  value.read("schemata", rdt.schemata);
  value.read("l3CacheSchema", rdt.l3CacheSchema);
  value.read("memBwSchema", rdt.memBwSchema, [](const Value& schema) {
    std::string text = schema.asString();
    const bool good = text.starts_with("MB:") && text.find('\n') == std::string::npos;
    if (!good) schema.refuse("expected one line that begins with MB:");
    return text;
  });
  value.read("enableCMT", rdt.enableCMT);
  value.read("enableMBM", rdt.enableMBM);
  value.read("enableMonitoring", rdt.enableMonitoring);
  return rdt;
}

MemoryPolicy readMemoryPolicy(const Value& value) {
  MemoryPolicy policy;
  readOneOf(value, "mode", policy.mode, kPolicyModes);
  value.read("nodes", policy.nodes);
  readManyOf(value, "flags", policy.flags, kPolicyFlags);
  return policy;
}

Personality readPersonality(const Value& value) {
  Personality personality;
  readOneOf(value, "domain", personality.domain, kDomains);
  value.read("flags", personality.flags);
  return personality;
}

// The entry's key is written to the kernel, so an unknown clock is an error
// and not one of the unknown fields to ignore.
std::map<std::string, TimeOffset> readTimeOffsets(const Value& value) {
  std::map<std::string, TimeOffset> out;
  for (const auto& [clock, entry] : value.members()) {
    if (clock != kClocks[0] && clock != kClocks[1]) {
      entry.refuse("this clock has no offset, only monotonic and boottime have");
    }
    TimeOffset offset;
    entry.read("secs", offset.secs);
    entry.read("nanosecs", offset.nanosecs);
    out.emplace(clock, offset);
  }
  return out;
}

void readIsolation(const Value& value, Linux& out) {
  value.readList("namespaces", out.namespaces, readNamespace);
  if (const auto namespaces = value.find("namespaces")) refuseSecond(*namespaces, "type");
  value.readList("uidMappings", out.uidMappings, readIdMapping);
  value.readList("gidMappings", out.gidMappings, readIdMapping);
  value.read("timeOffsets", out.timeOffsets, readTimeOffsets);
  value.read("sysctl", out.sysctl, readStringMap);
  value.read("netDevices", out.netDevices, readNetDevices);
  value.read("seccomp", out.seccomp, readSeccomp);
  value.read("personality", out.personality, readPersonality);
}

void readFiles(const Value& value, Linux& out) {
  value.readList("devices", out.devices, readDevice);
  readOneOf(value, "rootfsPropagation", out.rootfsPropagation, kPropagations);
  value.readList("maskedPaths", out.maskedPaths, readAbsolutePath);
  value.readList("readonlyPaths", out.readonlyPaths, readAbsolutePath);
  value.read("mountLabel", out.mountLabel);
}

}  // namespace

Linux readLinux(const Value& value) {
  Linux out;
  readIsolation(value, out);
  readFiles(value, out);
  value.read("resources", out.resources, readResources);
  value.read("cgroupsPath", out.cgroupsPath);
  value.read("intelRdt", out.intelRdt, readIntelRdt);
  value.read("memoryPolicy", out.memoryPolicy, readMemoryPolicy);
  return out;
}

}  // namespace slipway::spec
