// SPDX-License-Identifier: Apache-2.0
// The OCI runtime-spec configuration (config.json, version 1.2) as plain
// structs, in the words of its text. An absent value is an empty optional,
// never a zero. Filled by spec/reader.h; executed by container/ and init/.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::spec {

struct User {
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::optional<uint32_t> umask;
  std::vector<uint32_t> additionalGids;
};

struct ConsoleSize {
  uint32_t height = 0;
  uint32_t width = 0;
};

struct Rlimit {
  std::string type;  // "RLIMIT_NOFILE"
  uint64_t hard = 0;
  uint64_t soft = 0;
};

struct Capabilities {
  std::vector<std::string> bounding, effective, inheritable, permitted, ambient;  // "CAP_CHOWN"
};

struct Scheduler {
  std::string policy;  // "SCHED_OTHER"
  std::optional<int32_t> nice, priority;
  std::vector<std::string> flags;
  std::optional<uint64_t> runtime, deadline, period;
};

struct IoPriority {
  std::string clazz;  // "IOPRIO_CLASS_BE"
  int32_t priority = 0;
};

struct ExecCpuAffinity {
  std::string initial, final;
};

struct Process {
  bool terminal = false;
  std::optional<ConsoleSize> consoleSize;
  User user;
  std::vector<std::string> args;
  std::vector<std::string> env;
  std::string cwd;
  std::optional<Capabilities> capabilities;
  std::vector<Rlimit> rlimits;
  bool noNewPrivileges = false;
  std::string apparmorProfile;
  std::optional<int32_t> oomScoreAdj;
  std::string selinuxLabel;
  std::optional<Scheduler> scheduler;
  std::optional<IoPriority> ioPriority;
  std::optional<ExecCpuAffinity> execCpuAffinity;
};

struct Root {
  std::string path;
  bool readonly = false;
};

struct IdMapping {
  uint32_t containerId = 0;
  uint32_t hostId = 0;
  uint32_t size = 0;
};

struct Mount {
  std::string destination;
  std::string type;
  std::string source;
  std::vector<std::string> options;
  std::vector<IdMapping> uidMappings, gidMappings;
};

struct Hook {
  std::string path;
  std::vector<std::string> args, env;
  std::optional<int> timeout;  // seconds
};

struct Hooks {
  std::vector<Hook> prestart, createRuntime, createContainer, startContainer, poststart, poststop;
};

struct Namespace {
  std::string type;  // pid network mount ipc uts user cgroup time
  std::string path;  // empty: a new one

  // `container:<id>` in place of a file: those of another container of the engine.
  bool isNeighbour() const { return path.starts_with("container:"); }
};

struct Device {
  std::string type;  // c b u p
  std::string path;
  int64_t major = 0, minor = 0;
  std::optional<uint32_t> fileMode, uid, gid;
};

struct DeviceRule {
  bool allow = false;
  std::string type;                     // a c b; empty is a
  std::optional<int64_t> major, minor;  // absent or -1: all
  std::string access;                   // any of r w m; empty is rwm
};

struct Memory {
  std::optional<int64_t> limit, reservation, swap, kernel, kernelTCP;  // bytes, -1 unlimited
  std::optional<uint64_t> swappiness;
  std::optional<bool> disableOOMKiller, useHierarchy, checkBeforeUpdate;
};

struct Cpu {
  std::optional<uint64_t> shares, burst, period, realtimePeriod;
  std::optional<int64_t> quota, realtimeRuntime, idle;
  std::string cpus, mems;
};

struct ThrottleDevice {
  int64_t major = 0, minor = 0;
  uint64_t rate = 0;
};

struct WeightDevice {
  int64_t major = 0, minor = 0;
  std::optional<uint16_t> weight, leafWeight;
};

struct BlockIo {
  std::optional<uint16_t> weight, leafWeight;
  std::vector<WeightDevice> weightDevice;
  std::vector<ThrottleDevice> throttleReadBpsDevice, throttleWriteBpsDevice, throttleReadIOPSDevice,
      throttleWriteIOPSDevice;
};

struct HugepageLimit {
  std::string pageSize;  // "2MB"
  uint64_t limit = 0;
};

struct InterfacePriority {
  std::string name;
  uint32_t priority = 0;
};

struct Network {
  std::optional<uint32_t> classID;
  std::vector<InterfacePriority> priorities;
};

struct Rdma {
  std::optional<uint32_t> hcaHandles, hcaObjects;
};

struct Resources {
  std::vector<DeviceRule> devices;
  std::optional<Memory> memory;
  std::optional<Cpu> cpu;
  std::optional<int64_t> pidsLimit;  // <= 0 is unlimited
  std::optional<BlockIo> blockIO;
  std::vector<HugepageLimit> hugepageLimits;
  std::optional<Network> network;
  std::map<std::string, Rdma> rdma;
  std::map<std::string, std::string> unified;
};

struct SeccompArg {
  uint32_t index = 0;
  uint64_t value = 0, valueTwo = 0;
  std::string op;  // SCMP_CMP_EQ ...
};

struct SeccompRule {
  std::vector<std::string> names;
  std::string action;  // SCMP_ACT_ALLOW ...
  std::optional<uint32_t> errnoRet;
  std::vector<SeccompArg> args;
};

struct Seccomp {
  std::string defaultAction;
  std::optional<uint32_t> defaultErrnoRet;
  std::vector<std::string> architectures;  // SCMP_ARCH_X86_64 ...
  std::vector<std::string> flags;          // SECCOMP_FILTER_FLAG_LOG ...
  std::string listenerPath, listenerMetadata;
  std::vector<SeccompRule> syscalls;
};

struct TimeOffset {
  int64_t secs = 0;
  uint32_t nanosecs = 0;
};

struct Personality {
  std::string domain;  // LINUX LINUX32
  std::vector<std::string> flags;
};

struct IntelRdt {
  std::string closID, l3CacheSchema, memBwSchema;
  std::vector<std::string> schemata;
  bool enableCMT = false, enableMBM = false, enableMonitoring = false;
};

struct MemoryPolicy {
  std::string mode;  // MPOL_BIND ...
  std::string nodes;
  std::vector<std::string> flags;  // MPOL_F_STATIC_NODES ...
};

struct Linux {
  std::vector<IdMapping> uidMappings, gidMappings;
  std::map<std::string, std::string> sysctl;
  std::optional<Resources> resources;
  std::string cgroupsPath;
  std::vector<Namespace> namespaces;
  std::vector<Device> devices;
  std::map<std::string, std::string> netDevices;  // host name -> name inside
  std::optional<Seccomp> seccomp;
  std::string rootfsPropagation;
  std::vector<std::string> maskedPaths, readonlyPaths;
  std::string mountLabel;
  std::optional<IntelRdt> intelRdt;
  std::optional<MemoryPolicy> memoryPolicy;
  std::optional<Personality> personality;
  std::map<std::string, TimeOffset> timeOffsets;  // "monotonic" "boottime"
};

struct Spec {
  std::string ociVersion;
  std::optional<Process> process;
  std::optional<Root> root;
  std::string hostname, domainname;
  std::vector<Mount> mounts;
  std::optional<Hooks> hooks;
  std::map<std::string, std::string> annotations;
  Linux linux_;  // "linux" is a macro of the compiler
};

}  // namespace slipway::spec
