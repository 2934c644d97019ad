// SPDX-License-Identifier: Apache-2.0
// What a good configuration is read as, noun by noun.
#include "spec/reader.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "spec_fixtures.h"

using namespace slipway::spec;
using slipway::json::Document;
using slipway::json::parse;
using slipway::test::readText;
using slipway::test::specFixtures;
using Strings = std::vector<std::string>;

namespace {

Spec full() { return readSpec(readText(specFixtures() / "good" / "full.json")); }

}  // namespace

TEST(SpecReader, ReadsTheDocumentItself) {
  const Spec spec = full();
  EXPECT_EQ(spec.ociVersion, "1.2.1");
  EXPECT_EQ(spec.hostname, "box");
  EXPECT_EQ(spec.domainname, "example.test");
  EXPECT_EQ(spec.annotations,
            (std::map<std::string, std::string>{{"org.example.key", "value"}, {"plain", ""}}));
  EXPECT_EQ(spec.root->path, "rootfs");
  EXPECT_TRUE(spec.root->readonly);
}

TEST(SpecReader, ReadsTheProcess) {
  const Process process = *full().process;
  EXPECT_TRUE(process.terminal);
  EXPECT_EQ(process.consoleSize->height, 24u);
  EXPECT_EQ(process.consoleSize->width, 80u);
  EXPECT_EQ(process.args, (Strings{"sh", "-c", "echo \xC3\xA9"}));
  EXPECT_EQ(process.env, (Strings{"PATH=/bin", "EMPTY="}));
  EXPECT_EQ(process.cwd, "/srv");
  EXPECT_TRUE(process.noNewPrivileges);
  EXPECT_EQ(process.apparmorProfile, "profile-a");
  EXPECT_EQ(process.oomScoreAdj, -500);
  EXPECT_EQ(process.selinuxLabel, "a:b:c:s0");
}

TEST(SpecReader, ReadsTheRightsOfTheProcess) {
  const Process process = *full().process;
  EXPECT_EQ(process.user.uid, 1000u);
  EXPECT_EQ(process.user.gid, 1001u);
  EXPECT_EQ(process.user.umask, 18u);
  EXPECT_EQ(process.user.additionalGids, (std::vector<uint32_t>{4, UINT32_MAX}));
  EXPECT_EQ(process.capabilities->bounding, (Strings{"CAP_CHOWN", "CAP_KILL"}));
  EXPECT_EQ(process.capabilities->effective, Strings{"CAP_KILL"});
  EXPECT_EQ(process.capabilities->inheritable, Strings{"CAP_FOWNER"});
  EXPECT_EQ(process.capabilities->permitted, Strings{"CAP_CHOWN"});
  EXPECT_EQ(process.capabilities->ambient, Strings{"CAP_SETUID"});
}

TEST(SpecReader, ReadsTheSchedulingOfTheProcess) {
  const Process process = *full().process;
  ASSERT_EQ(process.rlimits.size(), 2u);
  EXPECT_EQ(process.rlimits[0].type, "RLIMIT_NOFILE");
  EXPECT_EQ(process.rlimits[0].hard, UINT64_MAX);
  EXPECT_EQ(process.rlimits[0].soft, 1024u);
  EXPECT_EQ(process.rlimits[1].type, "RLIMIT_CORE");
  const Scheduler& scheduler = *process.scheduler;
  EXPECT_EQ(scheduler.policy, "SCHED_DEADLINE");
  EXPECT_EQ(scheduler.nice, -5);
  EXPECT_EQ(scheduler.priority, 3);
  EXPECT_EQ(scheduler.flags, Strings{"SCHED_FLAG_RECLAIM"});
  EXPECT_EQ(scheduler.runtime, 1u);
  EXPECT_EQ(scheduler.deadline, 2u);
  EXPECT_EQ(scheduler.period, 3u);
  EXPECT_EQ(process.ioPriority->clazz, "IOPRIO_CLASS_IDLE");
  EXPECT_EQ(process.ioPriority->priority, 6);
  EXPECT_EQ(process.execCpuAffinity->initial, "0-1, 3");
  EXPECT_EQ(process.execCpuAffinity->final, "2");
}

TEST(SpecReader, ReadsMounts) {
  const Spec spec = full();
  ASSERT_EQ(spec.mounts.size(), 2u);
  const Mount& mount = spec.mounts[0];
  EXPECT_EQ(mount.destination, "/data");
  EXPECT_EQ(mount.type, "bind");
  EXPECT_EQ(mount.source, "/srv/data");
  EXPECT_EQ(mount.options, (Strings{"rbind", "ro"}));
  ASSERT_EQ(mount.uidMappings.size(), 1u);
  EXPECT_EQ(mount.uidMappings[0].hostId, 100000u);
  EXPECT_EQ(mount.uidMappings[0].size, 65536u);
  ASSERT_EQ(mount.gidMappings.size(), 1u);
  EXPECT_EQ(mount.gidMappings[0].containerId, 1u);
  EXPECT_EQ(spec.mounts[1].destination, "relative");
  EXPECT_TRUE(spec.mounts[1].options.empty());
}

TEST(SpecReader, ReadsHooks) {
  const Hooks hooks = *full().hooks;
  ASSERT_EQ(hooks.prestart.size(), 1u);
  EXPECT_EQ(hooks.prestart[0].path, "/h/1");
  EXPECT_EQ(hooks.prestart[0].args, (Strings{"one", "a"}));
  EXPECT_EQ(hooks.prestart[0].env, Strings{"K=V"});
  EXPECT_EQ(hooks.prestart[0].timeout, 1);
  EXPECT_EQ(hooks.createRuntime.at(0).path, "/h/2");
  EXPECT_EQ(hooks.createContainer.at(0).path, "/h/3");
  EXPECT_EQ(hooks.startContainer.at(0).path, "/h/4");
  EXPECT_EQ(hooks.poststart.at(0).path, "/h/5");
  EXPECT_FALSE(hooks.poststart.at(0).timeout.has_value());
  EXPECT_EQ(hooks.poststop.at(1).path, "/h/7");
}

TEST(SpecReader, ReadsTheIsolation) {
  const Linux config = full().linux_;
  ASSERT_EQ(config.namespaces.size(), 2u);
  EXPECT_EQ(config.namespaces[0].type, "pid");
  EXPECT_EQ(config.namespaces[0].path, "");
  EXPECT_EQ(config.namespaces[1].path, "/run/netns/a");
  EXPECT_EQ(config.uidMappings.at(0).hostId, 1000u);
  EXPECT_EQ(config.gidMappings.at(0).size, 2u);
  EXPECT_EQ(config.sysctl.at("net.core.somaxconn"), "256");
  EXPECT_EQ(config.cgroupsPath, "/jobs/one");
  EXPECT_EQ(config.netDevices,
            (std::map<std::string, std::string>{{"eth0", "inside0"}, {"eth1", "eth1"}}));
  EXPECT_EQ(config.timeOffsets.at("monotonic").secs, -7);
  EXPECT_EQ(config.timeOffsets.at("monotonic").nanosecs, 999999999u);
  EXPECT_EQ(config.timeOffsets.at("boottime").secs, 9);
  EXPECT_EQ(config.personality->domain, "LINUX32");
  EXPECT_EQ(config.personality->flags, Strings{"f"});
}

TEST(SpecReader, ReadsDevicesAndPaths) {
  const Linux config = full().linux_;
  ASSERT_EQ(config.devices.size(), 2u);
  EXPECT_EQ(config.devices[0].type, "c");
  EXPECT_EQ(config.devices[0].path, "/dev/fuse");
  EXPECT_EQ(config.devices[0].major, 10);
  EXPECT_EQ(config.devices[0].minor, 229);
  EXPECT_EQ(config.devices[0].fileMode, 0666u);
  EXPECT_EQ(config.devices[0].uid, 1u);
  EXPECT_EQ(config.devices[0].gid, 2u);
  EXPECT_EQ(config.devices[1].type, "p");
  EXPECT_FALSE(config.devices[1].fileMode.has_value());
  EXPECT_EQ(config.rootfsPropagation, "rslave");
  EXPECT_EQ(config.maskedPaths, Strings{"/proc/kcore"});
  EXPECT_EQ(config.readonlyPaths, (Strings{"/proc/sys", "/proc/bus"}));
  EXPECT_EQ(config.mountLabel, "label");
}

TEST(SpecReader, ReadsIntelRdtAndMemoryPolicy) {
  const Linux config = full().linux_;
  EXPECT_EQ(config.intelRdt->closID, "group");
  EXPECT_EQ(config.intelRdt->schemata, (Strings{"L3:0=f", "MB:0=20"}));
  EXPECT_EQ(config.intelRdt->l3CacheSchema, "L3:0=ff");
  EXPECT_EQ(config.intelRdt->memBwSchema, "MB:0=70");
  EXPECT_TRUE(config.intelRdt->enableCMT);
  EXPECT_TRUE(config.intelRdt->enableMBM);
  EXPECT_TRUE(config.intelRdt->enableMonitoring);
  EXPECT_EQ(config.memoryPolicy->mode, "MPOL_BIND");
  EXPECT_EQ(config.memoryPolicy->nodes, "0-1");
  EXPECT_EQ(config.memoryPolicy->flags, Strings{"MPOL_F_STATIC_NODES"});
}

TEST(SpecReader, ReadsMemoryAndPids) {
  const Resources resources = *full().linux_.resources;
  EXPECT_EQ(resources.memory->limit, 268435456);
  EXPECT_EQ(resources.memory->reservation, 1);
  EXPECT_EQ(resources.memory->swap, -1);
  EXPECT_EQ(resources.memory->kernel, 2);
  EXPECT_EQ(resources.memory->kernelTCP, 3);
  EXPECT_EQ(resources.memory->swappiness, 60u);
  EXPECT_EQ(resources.memory->disableOOMKiller, true);
  EXPECT_EQ(resources.memory->useHierarchy, false);
  EXPECT_EQ(resources.memory->checkBeforeUpdate, true);
  EXPECT_EQ(resources.pidsLimit, -1);
}

TEST(SpecReader, ReadsCpuAndDeviceRules) {
  const Resources resources = *full().linux_.resources;
  EXPECT_EQ(resources.cpu->shares, 512u);
  EXPECT_EQ(resources.cpu->quota, -1);
  EXPECT_EQ(resources.cpu->burst, 5u);
  EXPECT_EQ(resources.cpu->period, 100000u);
  EXPECT_EQ(resources.cpu->realtimeRuntime, 6);
  EXPECT_EQ(resources.cpu->realtimePeriod, 7u);
  EXPECT_EQ(resources.cpu->idle, 1);
  EXPECT_EQ(resources.cpu->cpus, "0-1");
  EXPECT_EQ(resources.cpu->mems, "0");
  ASSERT_EQ(resources.devices.size(), 2u);
  EXPECT_FALSE(resources.devices[0].allow);
  EXPECT_FALSE(resources.devices[0].major.has_value());
  EXPECT_TRUE(resources.devices[1].allow);
  EXPECT_EQ(resources.devices[1].type, "c");
  EXPECT_EQ(resources.devices[1].major, 1);
  EXPECT_EQ(resources.devices[1].minor, -1);
  EXPECT_EQ(resources.devices[1].access, "rwm");
}

TEST(SpecReader, ReadsBlockIo) {
  const BlockIo io = *full().linux_.resources->blockIO;
  EXPECT_EQ(io.weight, 10);
  EXPECT_EQ(io.leafWeight, 11);
  EXPECT_EQ(io.weightDevice.at(0).major, 8);
  EXPECT_EQ(io.weightDevice.at(0).weight, 12);
  EXPECT_EQ(io.weightDevice.at(0).leafWeight, 13);
  EXPECT_EQ(io.throttleReadBpsDevice.at(0).rate, 100u);
  EXPECT_EQ(io.throttleWriteBpsDevice.at(0).rate, 200u);
  EXPECT_EQ(io.throttleReadIOPSDevice.at(0).rate, 300u);
  EXPECT_EQ(io.throttleWriteIOPSDevice.at(0).rate, 400u);
  EXPECT_EQ(io.throttleWriteIOPSDevice.at(0).minor, 4);
}

TEST(SpecReader, ReadsTheOtherControllers) {
  const Resources resources = *full().linux_.resources;
  ASSERT_EQ(resources.hugepageLimits.size(), 2u);
  EXPECT_EQ(resources.hugepageLimits[1].pageSize, "1GB");
  EXPECT_EQ(resources.hugepageLimits[1].limit, 5u);
  EXPECT_EQ(resources.network->classID, 1048577u);
  EXPECT_EQ(resources.network->priorities.at(0).name, "eth0");
  EXPECT_EQ(resources.network->priorities.at(0).priority, 500u);
  EXPECT_EQ(resources.rdma.at("mlx5_1").hcaHandles, 3u);
  EXPECT_FALSE(resources.rdma.at("mlx5_1").hcaObjects.has_value());
  EXPECT_EQ(resources.rdma.at("mlx5_2").hcaObjects, 4u);
  EXPECT_EQ(resources.unified.at("memory.high"), "max");
}

TEST(SpecReader, ReadsSeccomp) {
  const Seccomp seccomp = *full().linux_.seccomp;
  EXPECT_EQ(seccomp.defaultAction, "SCMP_ACT_ERRNO");
  EXPECT_EQ(seccomp.defaultErrnoRet, 38u);
  EXPECT_EQ(seccomp.architectures, (Strings{"SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"}));
  EXPECT_EQ(seccomp.flags, Strings{"SECCOMP_FILTER_FLAG_LOG"});
  EXPECT_EQ(seccomp.listenerPath, "/run/agent.sock");
  EXPECT_EQ(seccomp.listenerMetadata, "meta");
  ASSERT_EQ(seccomp.syscalls.size(), 2u);
  const SeccompRule& rule = seccomp.syscalls[0];
  EXPECT_EQ(rule.names, (Strings{"clone", "clone3"}));
  EXPECT_EQ(rule.action, "SCMP_ACT_ERRNO");
  EXPECT_EQ(rule.errnoRet, 1u);
  ASSERT_EQ(rule.args.size(), 1u);
  EXPECT_EQ(rule.args[0].index, 0u);
  EXPECT_EQ(rule.args[0].value, UINT64_MAX);
  EXPECT_EQ(rule.args[0].valueTwo, 2u);
  EXPECT_EQ(rule.args[0].op, "SCMP_CMP_MASKED_EQ");
  EXPECT_FALSE(seccomp.syscalls[1].errnoRet.has_value());
}

TEST(SpecReader, LeavesAbsentNounsEmpty) {
  const Spec spec = readSpec(readText(specFixtures() / "good" / "minimal.json"));
  EXPECT_FALSE(spec.process.has_value());
  EXPECT_FALSE(spec.root.has_value());
  EXPECT_FALSE(spec.hooks.has_value());
  EXPECT_FALSE(spec.linux_.resources.has_value());
  EXPECT_FALSE(spec.linux_.seccomp.has_value());
  EXPECT_TRUE(spec.mounts.empty());
}

TEST(SpecReader, ReportsTheSectionOfAnotherPlatform) {
  const std::string text = readText(specFixtures() / "good" / "foreign.json");
  EXPECT_EQ(readSpec(text).ociVersion, "1.2.0-rc.1+local.7");
  const Document document = parse(text);
  EXPECT_EQ(foreignSection(document.root()), "vm");
  const Document minimal = parse(R"({"ociVersion":"1.2.0"})");
  EXPECT_FALSE(foreignSection(minimal.root()).has_value());
}

TEST(SpecReader, ReadsPartsOnTheirOwn) {
  const Document document =
      parse(R"({"exec":{"cwd":"/","args":["ls"]},"update":{"pids":{"limit":5}}})");
  EXPECT_EQ(readProcess(document.root().at("exec")).args, Strings{"ls"});
  EXPECT_EQ(readResources(document.root().at("update")).pidsLimit, 5);
}
