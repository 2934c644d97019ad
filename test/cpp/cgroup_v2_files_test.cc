// SPDX-License-Identifier: Apache-2.0
// Resources of the specification -> v2 control files, on a folder that only looks
// like them.
#include "cgroup_resources_fixture.h"
#include "container/cgroup_apply.h"

using namespace slipway;
using namespace slipway::test;

namespace {

TEST(CgroupConversion, SharesBecomeWeights) {
  const std::pair<uint64_t, uint64_t> pairs[] = {
      {0, 1}, {2, 1}, {1024, 100}, {262144, 10000}, {1000000, 10000}};
  for (const auto& [shares, weight] : pairs) EXPECT_EQ(cpuWeight(shares), weight) << shares;
  uint64_t last = 0;
  for (uint64_t shares = 2; shares <= 262144; shares += 97) {
    EXPECT_GE(cpuWeight(shares), last);
    last = cpuWeight(shares);
  }
  EXPECT_EQ(ioWeight(10), 1u);
  EXPECT_EQ(ioWeight(1000), 10000u);
}

class CgroupV2Files : public ::testing::Test {
 protected:
  FakeV2 fake_{{"cpu", "memory", "pids", "io", "cpuset", "hugetlb", "rdma"}};
};

TEST_F(CgroupV2Files, MemoryIsWritten) {
  Cgroup box = fake_.container({"memory.max", "memory.swap.max", "memory.low"});
  spec::Memory memory;
  memory.limit = 300;
  memory.swap = 500;
  memory.reservation = 100;
  memory.useHierarchy = true;
  memory.disableOOMKiller = false;
  box.apply(withMemory(memory));
  EXPECT_EQ(fake_.box("memory.max"), "300");
  EXPECT_EQ(fake_.box("memory.swap.max"), "200");
  EXPECT_EQ(fake_.box("memory.low"), "100");
}

TEST_F(CgroupV2Files, UnlimitedMemoryUnlimitsSwapToo) {
  Cgroup box = fake_.container({"memory.max", "memory.swap.max"});
  spec::Memory memory;
  memory.limit = -1;
  box.apply(withMemory(memory));
  EXPECT_EQ(fake_.box("memory.max"), "max");
  EXPECT_EQ(fake_.box("memory.swap.max"), "max");
}

TEST_F(CgroupV2Files, ProcessorIsWritten) {
  Cgroup box = fake_.container(
      {"cpu.weight", "cpu.max", "cpu.max.burst", "cpu.idle", "cpuset.cpus", "cpuset.mems"});
  spec::Cpu cpu;
  cpu.shares = 1024;
  cpu.quota = 150000;
  cpu.period = 50000;
  cpu.burst = 20000;
  cpu.idle = 0;
  cpu.cpus = "0-1";
  cpu.mems = "0";
  box.apply(withCpu(cpu));
  EXPECT_EQ(fake_.box("cpu.weight"), "100");
  EXPECT_EQ(fake_.box("cpu.max"), "150000 50000");
  EXPECT_EQ(fake_.box("cpu.max.burst"), "20000");
  EXPECT_EQ(fake_.box("cpu.idle"), "0");
  EXPECT_EQ(fake_.box("cpuset.cpus"), "0-1");
  EXPECT_EQ(fake_.box("cpuset.mems"), "0");
}

TEST_F(CgroupV2Files, APeriodAloneKeepsTheQuota) {
  Cgroup box = fake_.container({"cpu.max"});
  fake_.write("parent/box/cpu.max", "70000 100000");
  spec::Cpu cpu;
  cpu.period = 200000;
  box.apply(withCpu(cpu));
  EXPECT_EQ(fake_.box("cpu.max"), "70000 200000");
}

TEST_F(CgroupV2Files, BlockIoIsWritten) {
  Cgroup box = fake_.container({"io.weight", "io.max"});
  spec::BlockIo blockIO;
  blockIO.weight = 1000;
  blockIO.throttleReadBpsDevice.push_back({8, 16, 1048576});
  box.apply(withBlockIo(blockIO));
  EXPECT_EQ(fake_.box("io.weight"), "10000");
  EXPECT_EQ(fake_.box("io.max"), "8:16 rbps=1048576");
  fake_.write("parent/box/io.max", "");
  fake_.write("parent/box/io.bfq.weight", "");
  blockIO = {};
  blockIO.weightDevice.push_back({8, 0, 500, {}});
  blockIO.throttleWriteIOPSDevice.push_back({8, 0, 0});
  box.apply(withBlockIo(blockIO));
  EXPECT_EQ(fake_.box("io.bfq.weight"), "8:0 500");
  EXPECT_EQ(fake_.box("io.max"), "8:0 wiops=max");
}

TEST_F(CgroupV2Files, AWeightThatTheKernelCannotSetSaysWhatItNeeds) {
  Cgroup box = fake_.container({"io.max"});
  spec::BlockIo blockIO;
  blockIO.weightDevice.push_back({8, 0, 500, {}});
  const SysError error = failureOf([&] { box.apply(withBlockIo(blockIO)); });
  EXPECT_EQ(error.err, ENOTSUP);
  EXPECT_NE(error.hint.find("bfq scheduler on the disk"), std::string::npos) << error.hint;
}

TEST_F(CgroupV2Files, HugePagesProcessesAndRdmaAreWritten) {
  Cgroup box = fake_.container({"hugetlb.2MB.max", "hugetlb.2MB.rsvd.max", "pids.max", "rdma.max"});
  spec::Resources resources;
  resources.hugepageLimits.push_back({"2MB", 4194304});
  resources.pidsLimit = 128;
  resources.rdma["mlx5_0"] = {3, 4000};
  box.apply(resources);
  EXPECT_EQ(fake_.box("hugetlb.2MB.max"), "4194304");
  EXPECT_EQ(fake_.box("hugetlb.2MB.rsvd.max"), "4194304");
  EXPECT_EQ(fake_.box("pids.max"), "128");
  EXPECT_EQ(fake_.box("rdma.max"), "mlx5_0 hca_handle=3 hca_object=4000");
}

TEST_F(CgroupV2Files, UnifiedValuesAreWrittenLast) {
  Cgroup box = fake_.container({"memory.max", "memory.high", "cgroup.max.depth"});
  spec::Resources resources;
  resources.memory.emplace().limit = 100;
  resources.unified = {{"memory.high", "80"}, {"memory.max", "999"}, {"cgroup.max.depth", "3"}};
  box.apply(resources);
  EXPECT_EQ(fake_.box("memory.high"), "80");
  EXPECT_EQ(fake_.box("memory.max"), "999");
  EXPECT_EQ(fake_.box("cgroup.max.depth"), "3");
}

TEST_F(CgroupV2Files, WhatV2CannotDoIsRefusedByName) {
  Cgroup box = fake_.container({"memory.max", "cpu.max", "io.max"});
  Refusals refusals;
  using R = spec::Resources;
  refusals.add("memory.swappiness", ENOTSUP, [](R& r) { r.memory.emplace().swappiness = 10; });
  refusals.add("memory.kernel", ENOTSUP, [](R& r) { r.memory.emplace().kernel = 10; });
  refusals.add("memory.kernelTCP", ENOTSUP, [](R& r) { r.memory.emplace().kernelTCP = 10; });
  refusals.add("memory.disableOOMKiller", ENOTSUP,
               [](R& r) { r.memory.emplace().disableOOMKiller = true; });
  refusals.add("memory.useHierarchy", ENOTSUP,
               [](R& r) { r.memory.emplace().useHierarchy = false; });
  refusals.add("memory.swap", EINVAL, [](R& r) { r.memory.emplace().swap = 10; });
  refusals.add("memory.swap", EINVAL, [](R& r) {
    r.memory.emplace().limit = 20;
    r.memory->swap = 10;
  });
  refusals.add("memory.swap", ENOTSUP, [](R& r) {
    r.memory.emplace().limit = 20;
    r.memory->swap = 20;
  });
  refusals.add("cpu.realtimePeriod", ENOTSUP, [](R& r) { r.cpu.emplace().realtimePeriod = 10; });
  refusals.add("cpu.realtimeRuntime", ENOTSUP, [](R& r) { r.cpu.emplace().realtimeRuntime = 10; });
  refusals.add("cpu.idle", ENOTSUP, [](R& r) { r.cpu.emplace().idle = 1; });
  refusals.add("cpu.burst", ENOTSUP, [](R& r) { r.cpu.emplace().burst = 1; });
  refusals.add("blockIO.leafWeight", ENOTSUP, [](R& r) { r.blockIO.emplace().leafWeight = 10; });
  refusals.add("blockIO.weight", EINVAL, [](R& r) { r.blockIO.emplace().weight = 9; });
  refusals.add("blockIO.weight", ENOTSUP, [](R& r) { r.blockIO.emplace().weight = 10; });
  refusals.add("network.classID", ENOTSUP, [](R& r) { r.network.emplace().classID = 10; });
  refusals.add("network.priorities", ENOTSUP,
               [](R& r) { r.network.emplace().priorities.push_back({"lo", 1}); });
  refusals.add("hugepageLimits", ENOTSUP, [](R& r) { r.hugepageLimits.push_back({"3MB", 1}); });
  refusals.add("hugepageLimits", EINVAL, [](R& r) { r.hugepageLimits.push_back({"../x", 1}); });
  for (const char* key :
       {"memory/max", "memorymax", "../memory.max", ".x", "cgroup.kill", "cgroup.procs"})
    refusals.add("unified", EINVAL, [&](R& r) { r.unified[key] = "1"; });
  refusals.add("unified", ENOTSUP, [](R& r) { r.unified["memory.nonsense"] = "1"; });
  refusals.add("unified", ENOTSUP, [](R& r) { r.unified["misc.max"] = "1"; });
  expectRefused(box, refusals.list);
}

TEST_F(CgroupV2Files, ControllersArePassedDownFromTheTop) {
  FakeV2 bare({"cpu", "memory"});
  for (const char* folder : {"", "parent/"})
    bare.write(std::string(folder) + "cgroup.subtree_control", "");
  Cgroup::create(bare.parent_, "box", {"memory"});
  EXPECT_EQ(bare.read("cgroup.subtree_control"), "+memory");
  EXPECT_EQ(bare.read("parent/cgroup.subtree_control"), "+memory");
}

TEST_F(CgroupV2Files, AThreadedParentIsRefused) {
  fake_.write("parent/cgroup.type", "threaded\n");
  const SysError error = failureOf([&] { Cgroup::create(fake_.parent_, "box"); });
  EXPECT_EQ(error.err, EOPNOTSUPP);
  EXPECT_NE(error.hint.find("threaded"), std::string::npos);
}

TEST_F(CgroupV2Files, UsageIsReadAndMissingFilesAreAbsent) {
  Cgroup box = fake_.container({"cpu.stat"});
  fake_.write("parent/box/cpu.stat", "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 4\n");
  fake_.write("parent/box/memory.current", "4096\n");
  fake_.write("parent/box/memory.events",
              "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 5\n");
  fake_.write("parent/box/pids.current", "6\n");
  fake_.write("parent/box/io.stat",
              "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n7:0 \n8:16 rbytes=10 wbytes=20 "
              "rios=30 wios=40\n");
  const CgroupUsage usage = box.usage();
  EXPECT_EQ(usage.cpuTotalUs, 30u);
  EXPECT_EQ(usage.cpuUserUs, 20u);
  EXPECT_EQ(usage.cpuSystemUs, 10u);
  EXPECT_EQ(usage.memoryUsageBytes, 4096u);
  EXPECT_EQ(usage.oomKills, 4u);
  EXPECT_EQ(usage.pidsCurrent, 6u);
  EXPECT_EQ(usage.ioReadBytes, 11u);
  EXPECT_EQ(usage.ioWriteBytes, 22u);
  EXPECT_EQ(usage.ioReadOps, 33u);
  EXPECT_EQ(usage.ioWriteOps, 44u);
  EXPECT_FALSE(usage.memoryPeakBytes || usage.pidsPeak || usage.pidsMaxEvents);
}

}  // namespace
