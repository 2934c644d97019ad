// SPDX-License-Identifier: Apache-2.0
// Device rules as the running kernel enforces them, by the v1 controller and by
// the BPF program, against what the rules mean.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <random>

#include "cgroup_device_oracle.h"
#include "cgroup_fixture.h"
#include "container/device_bpf.h"
#include "needs.h"

using namespace slipway;
using namespace slipway::test;

namespace {

struct Probe {
  const char* name;
  mode_t type;
  unsigned major, minor;
};
constexpr Probe kProbes[] = {{"null", S_IFCHR, 1, 3},
                             {"zero", S_IFCHR, 1, 5},
                             {"urandom", S_IFCHR, 1, 9},
                             {"loop", S_IFBLK, 7, 0}};

class DeviceCgroup : public CgroupTest {
 protected:
  void SetUp() override {
    SLIPWAY_NEEDS(mayMakeCgroups(), "root and cgroups");
    std::string pattern = "/tmp/slipway-devices-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    for (const Probe& probe : kProbes) {
      const std::string path = folder_ + "/" + probe.name;
      ASSERT_EQ(mknod(path.c_str(), probe.type | 0600, makedev(probe.major, probe.minor)), 0);
      const int fd = open(path.c_str(), O_RDONLY | O_NONBLOCK);
      SLIPWAY_NEEDS(fd >= 0 || errno != EACCES, "device nodes in /tmp that open");
      if (fd >= 0) close(fd);
    }
  }
  void TearDown() override {
    CgroupTest::TearDown();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  // A bit for each of the four ways to ask about each probe; set: not EPERM.
  int verdicts() const {
    int bits = 0, bit = 1;
    for (const Probe& probe : kProbes) {
      const std::string path = folder_ + "/" + probe.name;
      for (const int flags : {O_RDONLY, O_WRONLY, O_RDWR}) {
        const int fd = ::open(path.c_str(), flags | O_NONBLOCK);
        if (fd >= 0 || errno != EPERM) bits |= bit;
        if (fd >= 0) close(fd);
        bit <<= 1;
      }
      const std::string fresh = path + ".new";
      if (mknod(fresh.c_str(), probe.type | 0600, makedev(probe.major, probe.minor)) == 0)
        bits |= bit;
      unlink(fresh.c_str());
      bit <<= 1;
    }
    return bits;
  }
  int expected(const std::vector<DeviceMatch>& rules) const {
    int bits = 0, bit = 1;
    for (const Probe& probe : kProbes) {
      const uint32_t type = probe.type == S_IFCHR ? kCharDevice : kBlockDevice;
      for (const uint32_t access : {kR, kW, kR | kW, kM}) {
        if (oracle(rules, {type, access, probe.major, probe.minor})) bits |= bit;
        bit <<= 1;
      }
    }
    return bits;
  }
  // The verdicts as a process inside sees them; an exit status is too small.
  int verdictsIn(const Cgroup& cgroup) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const int status = run(cgroup, [&] {
      const int bits = verdicts();
      return write(ends[1], &bits, sizeof bits) == sizeof bits ? 0 : 1;
    });
    close(ends[1]);
    EXPECT_EQ(status, 0);
    int bits = -1;
    EXPECT_EQ(::read(ends[0], &bits, sizeof bits), static_cast<ssize_t>(sizeof bits));
    close(ends[0]);
    return bits;
  }
  void expectRules(Cgroup& cgroup, const std::vector<spec::DeviceRule>& rules) {
    spec::Resources resources;
    resources.devices = rules;
    cgroup.apply(resources);
    EXPECT_EQ(verdictsIn(cgroup), expected(parseDeviceRules(rules)));
  }
  void expectSequence() {
    Cgroup cgroup = Cgroup::create(parent_, "box");
    expectRules(cgroup, kContainer);
    // An update, by this object and by one that knows nothing of the past.
    expectRules(cgroup, {rule(false, "a", -1, -1, "rwm"), rule(true, "c", 1, 3, "r"),
                         rule(true, "c", 1, 5, "rwm")});
    Cgroup again = Cgroup::open(parent_, "box");
    expectRules(again, {rule(true, "a", -1, -1, "rwm"), rule(false, "c", 1, 5, "w"),
                        rule(false, "b", 7, -1, "rwm")});
    expectRules(again, {rule(true, "c", 1, 9, "rm")});
    expectRules(again, {rule(true, "a", -1, -1, "rwm")});
  }
  static spec::DeviceRule randomSpecRule(std::mt19937& random) {
    const DeviceMatch m = randomRule(random);
    const Probe& probe = kProbes[random() % 4];
    const char* const types[] = {"a", "b", "c"};
    std::string access;
    if (m.access & kR) access += 'r';
    if (m.access & kW) access += 'w';
    if (m.access & kM) access += 'm';
    return {m.allow, types[m.type], m.major == kAnyDevice ? -1 : int64_t{probe.major},
            m.minor == kAnyDevice ? -1 : int64_t{probe.minor}, access};
  }
  void expectRandom() {
    std::mt19937 random(7);
    int tried = 0;
    for (int round = 0; tried < 25 && round < 200; ++round) {
      std::vector<spec::DeviceRule> rules(1 + random() % 6);
      for (spec::DeviceRule& r : rules) r = randomSpecRule(random);
      Cgroup cgroup = Cgroup::create(parent_, "random" + std::to_string(round));
      spec::Resources resources;
      resources.devices = rules;
      try {
        cgroup.apply(resources);
      } catch (const SysError& error) {
        ASSERT_EQ(error.err, ENOTSUP) << error.what();
        continue;
      }
      ++tried;
      EXPECT_EQ(verdictsIn(cgroup), expected(parseDeviceRules(rules))) << "round " << round;
      cgroup.remove(5000);
    }
    EXPECT_EQ(tried, 25);
  }

  std::string folder_;
};

TEST_F(DeviceCgroup, TheV1ControllerDecidesAsTheRulesSay) {
  CgroupLayout layout = CgroupLayout::detect();
  SLIPWAY_NEEDS_KIND(layout.find("devices"), "a v1 devices controller");
  useLayout(layout);
  expectSequence();
  expectRandom();
}

TEST_F(DeviceCgroup, TheBpfProgramDecidesAsTheRulesSay) {
  CgroupLayout layout = CgroupLayout::detect();
  SLIPWAY_NEEDS_KIND(layout.v2(), "a v2 tree");
  std::erase_if(layout.hierarchies, [](const CgroupHierarchy& h) { return !h.v2; });
  useLayout(layout);
  expectSequence();
  expectRandom();
}

TEST_F(DeviceCgroup, AnUpdateLeavesOneProgramAttached) {
  CgroupLayout layout = CgroupLayout::detect();
  SLIPWAY_NEEDS_KIND(layout.v2(), "a v2 tree");
  std::erase_if(layout.hierarchies, [](const CgroupHierarchy& h) { return !h.v2; });
  useLayout(layout);
  Cgroup cgroup = Cgroup::create(parent_, "box");
  for (int i = 0; i < 3; ++i) expectRules(cgroup, kContainer);
  const Fd folder(::open(cgroup.v2Path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  bpf_attr attr{};
  attr.query.target_fd = static_cast<uint32_t>(folder.get());
  attr.query.attach_type = BPF_CGROUP_DEVICE;
  ASSERT_EQ(syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof attr), 0);
  EXPECT_EQ(attr.query.prog_cnt, 1u);
}

}  // namespace
