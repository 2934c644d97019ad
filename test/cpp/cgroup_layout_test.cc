// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "sys/cgroupfs.h"

using slipway::CgroupLayout;

namespace {

using Mode = CgroupLayout::Mode;

constexpr const char* kHybridMounts =
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:11 master:2 - cgroup cgroup rw,memory\n"
    "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n";

TEST(CgroupLayout, FindsEachHierarchyOfAHybridMachine) {
  const auto layout = CgroupLayout::parse(
      kHybridMounts, "9:name=systemd:/init\n4:memory:/jobs/7\n2:cpu,cpuacct:/\n0::/unit\n");
  EXPECT_EQ(layout.mode(), Mode::kHybrid);
  ASSERT_TRUE(layout.find("memory"));
  EXPECT_EQ(layout.find("memory")->mountPoint, "/sys/fs/cgroup/memory");
  EXPECT_EQ(layout.find("memory")->ownPath, "/jobs/7");
  EXPECT_EQ(layout.find("name=systemd")->ownPath, "/init");
  ASSERT_TRUE(layout.v2());
  EXPECT_EQ(layout.v2()->ownPath, "/unit");
  EXPECT_EQ(layout.find("pids"), nullptr);
}

TEST(CgroupLayout, ControllersMountedTogetherAreOneHierarchy) {
  const auto layout = CgroupLayout::parse(kHybridMounts, "2:cpu,cpuacct:/x\n");
  ASSERT_TRUE(layout.find("cpu"));
  EXPECT_EQ(layout.find("cpu"), layout.find("cpuacct"));
  EXPECT_EQ(layout.find("cpu")->ownPath, "/x");
  EXPECT_EQ(layout.mode(), Mode::kV1);
}

TEST(CgroupLayout, AV2TreeWithSystemdsNamedHierarchyIsV2) {
  EXPECT_EQ(CgroupLayout::parse(kHybridMounts, "9:name=systemd:/\n0::/\n").mode(), Mode::kV2);
  EXPECT_EQ(CgroupLayout::parse(kHybridMounts, "0::/\n").mode(), Mode::kV2);
}

TEST(CgroupLayout, NothingMountedIsNone) {
  const auto layout =
      CgroupLayout::parse("22 1 8:1 / / rw - ext4 /dev/vda rw\n", "4:memory:/\n0::/\n");
  EXPECT_EQ(layout.mode(), Mode::kNone);
  EXPECT_EQ(layout.v2(), nullptr);
}

TEST(CgroupLayout, APathIsRelativeToTheMountedPart) {
  const auto layout = CgroupLayout::parse(
      "35 31 0:32 /docker/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
      "4:memory:/docker/ab/job\n");
  EXPECT_EQ(layout.find("memory")->ownPath, "/job");
}

TEST(CgroupLayout, APathOutsideTheMountedPartIsItsTop) {
  const auto layout = CgroupLayout::parse(
      "35 31 0:32 /docker/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
      "4:memory:/docker/abc\n");
  EXPECT_EQ(layout.find("memory")->ownPath, "");
}

TEST(CgroupLayout, TheWidestOfSeveralMountsIsTaken) {
  const auto layout = CgroupLayout::parse(
      "35 31 0:32 /a /mnt/part rw - cgroup2 none rw\n36 31 0:32 / /sys/fs/cgroup rw - cgroup2 none "
      "rw\n"
      "37 31 0:32 /b /mnt/other rw - cgroup2 none rw\n",
      "0::/a/b\n");
  EXPECT_EQ(layout.v2()->mountPoint, "/sys/fs/cgroup");
  EXPECT_EQ(layout.v2()->ownPath, "/a/b");
}

TEST(CgroupLayout, AMountOverAnotherHidesIt) {
  const auto layout = CgroupLayout::parse(
      "35 31 0:32 / /sys/fs/cgroup rw - cgroup cgroup rw,memory\n36 35 0:40 / /sys/fs/cgroup rw - "
      "cgroup2 none rw\n",
      "4:memory:/\n0::/\n");
  EXPECT_EQ(layout.find("memory"), nullptr);
  EXPECT_EQ(layout.v2()->mountPoint, "/sys/fs/cgroup");
}

TEST(CgroupLayout, EscapedCharactersOfAMountPointAreRead) {
  const auto layout =
      CgroupLayout::parse("35 31 0:32 / /mnt/a\\040b\\134c rw - cgroup2 none rw\n", "0::/\n");
  EXPECT_EQ(layout.v2()->mountPoint, "/mnt/a b\\c");
}

TEST(CgroupLayout, BrokenLinesArePassedOver) {
  const auto layout = CgroupLayout::parse("nonsense\n- cgroup2\n1 2 3 - cgroup2 x rw\n\\04",
                                          "nonsense\n4\n4:memory\n\n");
  EXPECT_TRUE(layout.hierarchies.empty());
}

TEST(CgroupText, FieldsAreFoundByTheirWholeName) {
  EXPECT_EQ(slipway::cgroupField("oom 3\noom_kill 7\n", "oom_kill"), 7u);
  EXPECT_EQ(slipway::cgroupField("oom 3\noom_kill 7\n", "oom"), 3u);
  EXPECT_EQ(slipway::cgroupField("oom_kill 7\n", "kill"), std::nullopt);
  EXPECT_EQ(slipway::cgroupNumber("max\n"), std::nullopt);
  EXPECT_EQ(slipway::cgroupNumber("18446744073709551615\n"), UINT64_MAX);
}

}  // namespace
