// SPDX-License-Identifier: Apache-2.0
// Resources of the specification -> the control files of the running kernel.
#include <sched.h>

#include "cgroup_resources_fixture.h"
#include "needs.h"

using namespace slipway;
using namespace slipway::test;

namespace {

class CgroupFiles : public CgroupTest {
 protected:
  void SetUp() override {
    SLIPWAY_NEEDS(mayMakeCgroups(), "root and cgroups");
    useLayout(CgroupLayout::detect());
  }
  bool isV1(const char* controller) const {
    const CgroupHierarchy* hierarchy = layout_.find(controller);
    return hierarchy && !hierarchy->v2;
  }
};

TEST_F(CgroupFiles, V1MemoryLimitsMoveUpAndDown) {
  SLIPWAY_NEEDS_KIND(isV1("memory"), "memory on v1");
  Cgroup box = Cgroup::create(parent_, "box");
  spec::Memory memory;
  const std::pair<int64_t, int64_t> steps[] = {{64 << 20, 128 << 20},  {32 << 20, 48 << 20},
                                               {256 << 20, 256 << 20}, {64 << 20, -1},
                                               {32 << 20, 32 << 20},   {-1, 0}};
  for (const auto& [limit, swap] : steps) {
    memory.limit = limit;
    memory.swap = swap;
    box.apply(withMemory(memory));
    const uint64_t set = std::stoull(read(box, "memory", "memory.limit_in_bytes"));
    const uint64_t sum = std::stoull(read(box, "memory", "memory.memsw.limit_in_bytes"));
    if (limit > 0)
      EXPECT_EQ(set, static_cast<uint64_t>(limit));
    else
      EXPECT_GT(set, uint64_t{1} << 60);
    if (swap > 0)
      EXPECT_EQ(sum, static_cast<uint64_t>(swap));
    else
      EXPECT_GT(sum, uint64_t{1} << 60);
  }
  memory = {};
  memory.reservation = 16 << 20;
  memory.swappiness = 20;
  memory.disableOOMKiller = true;
  memory.useHierarchy = true;
  memory.kernelTCP = 8 << 20;
  box.apply(withMemory(memory));
  EXPECT_EQ(read(box, "memory", "memory.soft_limit_in_bytes"), "16777216");
  EXPECT_EQ(read(box, "memory", "memory.swappiness"), "20");
  EXPECT_EQ(cgroupField(read(box, "memory", "memory.oom_control"), "oom_kill_disable"), 1u);
  EXPECT_EQ(read(box, "memory", "memory.kmem.tcp.limit_in_bytes"), "8388608");
}

TEST_F(CgroupFiles, V1RefusesWhatItCannotHold) {
  SLIPWAY_NEEDS_KIND(isV1("memory") && isV1("cpu"), "memory and cpu on v1");
  Cgroup box = Cgroup::create(parent_, "box");
  Refusals refusals;
  using R = spec::Resources;
  refusals.add("memory.swap", EINVAL, [](R& r) {
    r.memory.emplace().limit = 64 << 20;
    r.memory->swap = 32 << 20;
  });
  refusals.add("memory.swappiness", EINVAL, [](R& r) { r.memory.emplace().swappiness = 1000; });
  refusals.add("memory.useHierarchy", EINVAL,
               [](R& r) { r.memory.emplace().useHierarchy = false; });
  refusals.add("cpu.shares", EINVAL, [](R& r) { r.cpu.emplace().shares = 1; });
  refusals.add("cpu.quota", EINVAL, [](R& r) { r.cpu.emplace().quota = 5; });
  refusals.add("blockIO.leafWeight", ENOTSUP, [](R& r) { r.blockIO.emplace().leafWeight = 10; });
  refusals.add("must lie within", ERANGE, [](R& r) { r.cpu.emplace().cpus = "4000"; });
  if (!layout_.find("net_cls"))
    refusals.add("network.classID", ENODEV, [](R& r) { r.network.emplace().classID = 10; });
  if (!layout_.find("rdma"))
    refusals.add("rdma", ENODEV, [](R& r) { r.rdma["mlx5_0"].hcaHandles = 1; });
  refusals.add("unified", ENOTSUP, [](R& r) { r.unified["memory.high"] = "1"; });
  expectRefused(box, refusals.list);
  // Whether kernel memory is limited depends on the kernel; it is never pretended.
  spec::Memory memory;
  memory.kernel = 8 << 20;
  const SysError error = failureOf([&] { box.apply(withMemory(memory)); });
  if (error.err)
    EXPECT_EQ(error.err, ENOTSUP);
  else
    EXPECT_EQ(read(box, "memory", "memory.kmem.limit_in_bytes"), "8388608");
}

TEST_F(CgroupFiles, V1ProcessorLimitsMoveUpAndDown) {
  SLIPWAY_NEEDS_KIND(isV1("cpu"), "cpu on v1");
  Cgroup box = Cgroup::create(parent_, "box");
  spec::Cpu cpu;
  cpu.shares = 512;
  cpu.quota = 150000;
  cpu.period = 100000;
  box.apply(withCpu(cpu));
  EXPECT_EQ(read(box, "cpu", "cpu.shares"), "512");
  EXPECT_EQ(read(box, "cpu", "cpu.cfs_quota_us"), "150000");
  cpu = {};
  cpu.burst = 50000;
  box.apply(withCpu(cpu));
  EXPECT_EQ(read(box, "cpu", "cpu.cfs_burst_us"), "50000");
  // The burst above the old quota has to wait for the new one, and a quota
  // below the old burst for the new burst.
  cpu.quota = 400000;
  cpu.burst = 300000;
  box.apply(withCpu(cpu));
  EXPECT_EQ(read(box, "cpu", "cpu.cfs_burst_us"), "300000");
  cpu.quota = 20000;
  cpu.burst = 10000;
  cpu.period = 20000;
  box.apply(withCpu(cpu));
  EXPECT_EQ(read(box, "cpu", "cpu.cfs_quota_us"), "20000");
  EXPECT_EQ(read(box, "cpu", "cpu.cfs_period_us"), "20000");
  cpu = {};
  cpu.idle = 1;
  box.apply(withCpu(cpu));
  EXPECT_EQ(read(box, "cpu", "cpu.idle"), "1");
  cpu.idle = 0;
  cpu.shares = 2048;
  box.apply(withCpu(cpu));
  EXPECT_EQ(read(box, "cpu", "cpu.shares"), "2048");
}

TEST_F(CgroupFiles, AQuotaIsFelt) {
  Cgroup box = Cgroup::create(parent_, "box");
  SLIPWAY_NEEDS(box.hasController("cpu"), "a cpu controller");
  spec::Cpu cpu;
  cpu.quota = 10000;
  cpu.period = 100000;
  box.apply(withCpu(cpu));
  run(box, [] {
    alarm(1);
    for (volatile uint64_t i = 0;;) {
      i = i + 1;
    }
    return 0;
  });
  EXPECT_LT(box.usage().cpuTotalUs, 300000u);
}

TEST_F(CgroupFiles, CpusetsAreSetAndHold) {
  SLIPWAY_NEEDS_KIND(layout_.find("cpuset"), "a cpuset controller");
  Cgroup box = Cgroup::create(parent_, "box");
  spec::Cpu cpu;
  cpu.cpus = "0";
  cpu.mems = "0";
  box.apply(withCpu(cpu));
  EXPECT_EQ(read(box, "cpuset", "cpuset.cpus"), "0");
  EXPECT_EQ(WEXITSTATUS(run(box,
                            [] {
                              cpu_set_t set;
                              CPU_ZERO(&set);
                              sched_getaffinity(0, sizeof set, &set);
                              return CPU_COUNT(&set) == 1 && CPU_ISSET(0, &set) ? 0 : 1;
                            })),
            0);
}

TEST_F(CgroupFiles, BlockIoWeightsAndThrottlesAreSetOnV1) {
  SLIPWAY_NEEDS_KIND(isV1("blkio"), "blkio on v1");
  Cgroup box = Cgroup::create(parent_, "box");
  if (box.hasFile("blkio", "blkio.bfq.weight")) {
    spec::BlockIo blockIO;
    blockIO.weight = 300;
    box.apply(withBlockIo(blockIO));
    EXPECT_EQ(read(box, "blkio", "blkio.bfq.weight"), "300");
  }
  spec::BlockIo unknown;
  unknown.throttleReadBpsDevice.push_back({4000, 4000, 1});
  EXPECT_EQ(failureOf([&] { box.apply(withBlockIo(unknown)); }).err, ENODEV);
}

TEST_F(CgroupFiles, HugePagesAreLimitedWhereverTheControllerIs) {
  const CgroupHierarchy* hierarchy = layout_.find("hugetlb");
  SLIPWAY_NEEDS_KIND(hierarchy, "a hugetlb controller");
  Cgroup box = Cgroup::create(parent_, "box");
  sleeper(box);
  spec::Resources resources;
  resources.hugepageLimits.push_back({"2MB", 4 << 20});
  box.apply(resources);
  const char* file = hierarchy->v2 ? "hugetlb.2MB.max" : "hugetlb.2MB.limit_in_bytes";
  EXPECT_EQ(read(box, "hugetlb", file), "4194304");
  if (!hierarchy->v2) return;
  resources = {};
  resources.unified["hugetlb.2MB.max"] = "max";
  box.apply(resources);
  EXPECT_EQ(read(box, "hugetlb", file), "max");
}

TEST_F(CgroupFiles, AV2ParentWithProcessesIsExplained) {
  const CgroupHierarchy* unified = layout_.v2();
  SLIPWAY_NEEDS_KIND(unified && !unified->controllers.empty(), "a controller on a v2 tree");
  Cgroup upper = Cgroup::create(parent_, "upper");
  sleeper(upper);
  auto inner = CgroupParent::create(layout_, parent_->path() + "/upper");
  const SysError error =
      failureOf([&] { Cgroup::create(inner, "box", {unified->controllers.back()}); });
  EXPECT_EQ(error.err, EBUSY);
  EXPECT_NE(error.hint.find("processes of its own"), std::string::npos) << error.hint;
  EXPECT_TRUE(inner->list().empty());
}

TEST_F(CgroupFiles, PureV2LimitsAreSet) {
  SLIPWAY_NEEDS_KIND(layout_.mode() == CgroupLayout::Mode::kV2, "v2 alone");
  Cgroup box = Cgroup::create(parent_, "box");
  spec::Resources resources;
  resources.memory.emplace().limit = 64 << 20;
  resources.memory->reservation = 32 << 20;
  resources.cpu.emplace().shares = 1024;
  resources.cpu->quota = 50000;
  resources.cpu->period = 100000;
  resources.cpu->burst = 10000;
  resources.pidsLimit = 33;
  resources.unified["memory.high"] = "33554432";
  box.apply(resources);
  EXPECT_EQ(read(box, "memory", "memory.max"), "67108864");
  EXPECT_EQ(read(box, "memory", "memory.low"), "33554432");
  EXPECT_EQ(read(box, "memory", "memory.high"), "33554432");
  EXPECT_EQ(read(box, "cpu", "cpu.weight"), "100");
  EXPECT_EQ(read(box, "cpu", "cpu.max"), "50000 100000");
  EXPECT_EQ(read(box, "cpu", "cpu.max.burst"), "10000");
  EXPECT_EQ(read(box, "pids", "pids.max"), "33");
  spec::Cpu cpu;
  cpu.quota = 20000;
  cpu.burst = 20000;
  box.apply(withCpu(cpu));
  EXPECT_EQ(read(box, "cpu", "cpu.max"), "20000 100000");
  EXPECT_EQ(read(box, "cpu", "cpu.max.burst"), "20000");
}

}  // namespace
