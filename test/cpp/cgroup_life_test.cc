// SPDX-License-Identifier: Apache-2.0
// Cgroups of the running kernel with processes in them, once with the layout of
// the machine and once as if its v2 tree were not mounted.
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <chrono>
#include <iterator>

#include "cgroup_fixture.h"
#include "needs.h"

using namespace slipway;
using namespace slipway::test;

namespace {

class CgroupLife : public CgroupTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    SLIPWAY_NEEDS(mayMakeCgroups(), "root and cgroups");
    CgroupLayout layout = CgroupLayout::detect();
    if (std::string(GetParam()) == "WithoutV2") {
      SLIPWAY_NEEDS_KIND(layout.mode() != CgroupLayout::Mode::kV2, "v1 controllers");
      std::erase_if(layout.hierarchies, [](const CgroupHierarchy& h) { return h.v2; });
    }
    useLayout(std::move(layout));
  }
  // A shared counter tells whether a process goes on.
  struct Counter {
    volatile uint64_t* value = static_cast<uint64_t*>(
        mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    ~Counter() { munmap(const_cast<uint64_t*>(value), 4096); }
    bool moves() const {
      const uint64_t before = *value;
      usleep(30000);
      return *value != before;
    }
  };
  pid_t counting(const Cgroup& cgroup, Counter& counter) {
    return spawn(cgroup, [&] {
      for (;;) {
        *counter.value = *counter.value + 1;
        usleep(500);
      }
      return 0;
    });
  }
  bool dies(pid_t pid) {
    return eventually([&] {
      siginfo_t info{};
      return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
             info.si_pid == pid;
    });
  }
};

TEST_P(CgroupLife, AProcessJoinsEveryHierarchyAndThePlacesAreKnown) {
  Cgroup cgroup = Cgroup::create(parent_, "box");
  const pid_t pid = sleeper(cgroup);
  for (const auto& [controller, path] : cgroup.paths()) {
    std::ifstream procs(path + "/cgroup.procs");
    pid_t found = 0;
    procs >> found;
    EXPECT_EQ(found, pid) << controller << " " << path;
  }
  EXPECT_TRUE(cgroup.hasController("memory"));
  EXPECT_FALSE(cgroup.hasController("nonsense"));
  EXPECT_EQ(cgroup.pids(), std::vector<pid_t>{pid});
  EXPECT_FALSE(cgroup.isEmpty());
}

TEST_P(CgroupLife, ANameThatIsTakenIsAnErrorAndChangesNothing) {
  Cgroup cgroup = Cgroup::create(parent_, "box");
  const pid_t pid = sleeper(cgroup);
  const SysError error = failureOf([&] { Cgroup::create(parent_, "box"); });
  EXPECT_EQ(error.err, EEXIST);
  EXPECT_EQ(error.step, "create cgroup");
  EXPECT_TRUE(contains(cgroup, pid));
  EXPECT_EQ(parent_->list(), std::vector<std::string>{"box"});
}

TEST_P(CgroupLife, AFailureInTheMiddleRemovesWhatWasMade) {
  auto controllers = Cgroup::defaultControllers(layout_);
  controllers.push_back("nonsense");
  const SysError error = failureOf([&] { Cgroup::create(parent_, "box", controllers); });
  EXPECT_EQ(error.err, ENODEV);
  EXPECT_EQ(error.path, "nonsense");
  EXPECT_TRUE(parent_->list().empty());
}

TEST_P(CgroupLife, OddNamesAreRefused) {
  for (const char* name : {"", ".", "..", "a/b"})
    EXPECT_EQ(failureOf([&] { Cgroup::create(parent_, name); }).err, EINVAL) << name;
  for (const char* path : {"", "/a/../b", "a//b", "a/", "./a"})
    EXPECT_EQ(failureOf([&] { CgroupParent::create(layout_, path); }).err, EINVAL) << path;
}

TEST_P(CgroupLife, OpenFindsWhatAnotherObjectMade) {
  Cgroup made = Cgroup::create(parent_, "box");
  const pid_t pid = sleeper(made);
  auto other = CgroupParent::create(layout_, parent_->path());
  Cgroup found = Cgroup::open(other, "box");
  EXPECT_EQ(found.paths(), made.paths());
  EXPECT_FALSE(found.killAll());
  EXPECT_TRUE(dies(pid));
  reap();
  found.remove(5000);
  EXPECT_EQ(failureOf([&] { Cgroup::open(other, "box"); }).err, ENOENT);
}

TEST_P(CgroupLife, FrozenProcessesStandStillUntilThawed) {
  Cgroup cgroup = Cgroup::create(parent_, "box");
  Counter counter;
  counting(cgroup, counter);
  ASSERT_TRUE(eventually([&] { return *counter.value > 0; }));
  EXPECT_FALSE(cgroup.isFrozen());
  cgroup.freeze();
  EXPECT_TRUE(cgroup.isFrozen());
  EXPECT_FALSE(counter.moves());
  cgroup.thaw();
  EXPECT_TRUE(eventually([&] { return !cgroup.isFrozen(); }));
  EXPECT_TRUE(counter.moves());
}

TEST_P(CgroupLife, AFrozenContainerCanBeKilled) {
  Cgroup cgroup = Cgroup::create(parent_, "box");
  const pid_t pid = sleeper(cgroup);
  cgroup.freeze();
  EXPECT_FALSE(cgroup.killAll());
  EXPECT_TRUE(dies(pid));
}

TEST_P(CgroupLife, AnotherSignalReachesAllAndLeavesAPauseInPlace) {
  Cgroup cgroup = Cgroup::create(parent_, "box");
  const pid_t first = sleeper(cgroup), second = sleeper(cgroup);
  cgroup.freeze();
  EXPECT_FALSE(cgroup.killAll(SIGUSR1));
  EXPECT_TRUE(cgroup.isFrozen());
  cgroup.thaw();
  EXPECT_TRUE(dies(first));
  EXPECT_TRUE(dies(second));
  EXPECT_EQ(WTERMSIG(wait(first)), SIGUSR1);
}

TEST_P(CgroupLife, SubCgroupsAreListedKilledAndRemoved) {
  Cgroup cgroup = Cgroup::create(parent_, "box");
  sleeper(cgroup);
  const auto paths = cgroup.paths();
  const std::string deep = "/.hidden/b/c";
  for (const auto& [controller, path] : paths) {
    std::filesystem::create_directories(path + deep);
    std::filesystem::create_directories(path + "/other");
  }
  const pid_t inner = spawn(cgroup, [&] {
    for (const auto& [controller, path] : paths) {
      if (controller == "cpuset") continue;
      std::ofstream(path + deep + "/cgroup.procs") << 0;
    }
    for (;;) pause();
    return 0;
  });
  const std::string where = paths.begin()->second + deep + "/cgroup.procs";
  ASSERT_TRUE(eventually([&] {
    std::ifstream procs(where);
    pid_t found = 0;
    return procs >> found && found == inner;
  }));
  EXPECT_EQ(cgroup.pids().size(), 2u);
  EXPECT_FALSE(cgroup.killAll());
  EXPECT_TRUE(dies(inner));
  reap();
  cgroup.remove(5000);
  EXPECT_TRUE(parent_->list().empty());
}

TEST_P(CgroupLife, AForkBombDiesAtOnce) {
  SLIPWAY_NEEDS_KIND(kOneThread, "processes of one thread, so no ThreadSanitizer");
  Cgroup cgroup = Cgroup::create(parent_, "box");
  spec::Resources resources;
  resources.pidsLimit = 60;
  cgroup.apply(resources);
  spawn(cgroup, [] {
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
      if (fork() < 0) usleep(1000);
    }
    return 0;
  });
  EXPECT_TRUE(eventually([&] { return cgroup.pids().size() >= 50; }));
  EXPECT_FALSE(cgroup.killAll());
  reap();
  EXPECT_TRUE(eventually([&] { return cgroup.isEmpty(); }));
  EXPECT_TRUE(cgroup.killAll());
  // Orphans count until the machine's init has reaped them.
  EXPECT_TRUE(eventually([&] { return cgroup.usage().pidsCurrent == 0u; }));
}

// Its system call reads a page that nobody ever fills in: no freezer reaches it.
int waitForAPage() {
  const int faults = static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC));
  uffdio_api api{UFFD_API, 0, 0};
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  uffdio_register missing{
      {reinterpret_cast<uint64_t>(page), 4096}, UFFDIO_REGISTER_MODE_MISSING, 0};
  int ends[2];
  if (ioctl(faults, UFFDIO_API, &api) < 0 || ioctl(faults, UFFDIO_REGISTER, &missing) < 0 ||
      pipe(ends) < 0)
    return 1;
  return static_cast<int>(write(ends[1], page, 1));
}

TEST_P(CgroupLife, WhatDoesNotStandStillIsKilledWithoutAWait) {
  Cgroup cgroup = Cgroup::create(parent_, "box");
  const pid_t stuck = spawn(cgroup, waitForAPage), other = sleeper(cgroup);
  ASSERT_TRUE(eventually([&] {
    const bool stands = failureOf([&] { cgroup.freeze(20); }).err != ETIMEDOUT;
    if (stands) cgroup.thaw();
    return !stands;
  }));
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_FALSE(cgroup.killAll());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(150));
  EXPECT_TRUE(dies(stuck));
  EXPECT_TRUE(dies(other));
}

TEST_P(CgroupLife, RemovingWhatIsInUseFailsInBoundedTimeAndCanBeRepeated) {
  Cgroup cgroup = Cgroup::create(parent_, "box");
  const pid_t pid = sleeper(cgroup);
  const auto before = std::chrono::steady_clock::now();
  const SysError error = failureOf([&] { cgroup.remove(100); });
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(2));
  EXPECT_EQ(error.err, EBUSY);
  EXPECT_EQ(error.syscall, "rmdir");
  EXPECT_NE(error.path.find("/box"), std::string::npos);
  kill(pid, SIGKILL);
  reap();
  cgroup.remove(5000);
  cgroup.remove();
  EXPECT_TRUE(parent_->list().empty());
}

TEST_P(CgroupLife, TheParentIsRemovedFromEveryHierarchy) {
  auto upper = CgroupParent::create(layout_, parent_->path() + "/one");
  Cgroup cgroup = Cgroup::create(upper, "box");
  EXPECT_EQ(failureOf([&] { upper->remove(2); }).err, EBUSY);
  cgroup.remove(5000);
  upper->remove(2);
  upper->remove(2);
  for (const CgroupHierarchy& hierarchy : layout_.hierarchies)
    EXPECT_FALSE(std::filesystem::exists(hierarchy.mountPoint + parent_->path()))
        << hierarchy.mountPoint;
}

TEST_P(CgroupLife, ASharedUpperFolderStaysForTheOthers) {
  auto one = CgroupParent::create(layout_, parent_->path() + "/one");
  auto two = CgroupParent::create(layout_, parent_->path() + "/two");
  Cgroup first = Cgroup::create(one, "box"), second = Cgroup::create(two, "box");
  first.remove(5000);
  one->remove(2);
  EXPECT_EQ(parent_->list(), std::vector<std::string>{"two"});
  second.remove(5000);
  two->remove(2);
  EXPECT_TRUE(parent_->list().empty());
}

TEST_P(CgroupLife, OutOfMemoryIsAnnouncedAndCounted) {
  Cgroup cgroup = Cgroup::create(parent_, "box");
  SLIPWAY_NEEDS(cgroup.hasController("memory"), "a memory controller");
  spec::Resources resources;
  resources.memory.emplace().limit = 16 << 20;
  const char* swap = layout_.find("memory")->v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes";
  if (cgroup.hasFile("memory", swap)) resources.memory->swap = 16 << 20;
  cgroup.apply(resources);
  const Fd watch = cgroup.watchOom();
  pollfd wait{watch.get(), POLLIN, 0};
  EXPECT_EQ(poll(&wait, 1, 0), 0);
  const int status = run(cgroup, [] {
    char* memory = static_cast<char*>(
        mmap(nullptr, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (size_t i = 0; i < 64u << 20; i += 4096) memory[i] = 1;
    return 0;
  });
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  EXPECT_EQ(poll(&wait, 1, 2000), 1);
  EXPECT_GE(cgroup.oomKills(), 1u);
  const CgroupUsage usage = cgroup.usage();
  EXPECT_EQ(usage.oomKills, cgroup.oomKills());
  EXPECT_LE(usage.memoryPeakBytes.value_or(0), 16u << 20);
  char buffer[4096];
  EXPECT_GT(::read(watch.get(), buffer, sizeof buffer), 0);
  EXPECT_EQ(poll(&wait, 1, 0), 0);
}

TEST_P(CgroupLife, UsageCountsProcessorMemoryAndProcesses) {
  Cgroup cgroup = Cgroup::create(parent_, "box");
  EXPECT_EQ(run(cgroup,
                [] {
                  std::vector<char> memory(8 << 20, 1);
                  volatile uint64_t sum = 0;
                  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(60);
                  while (std::chrono::steady_clock::now() < end)
                    sum = sum + static_cast<unsigned char>(memory[sum % memory.size()]);
                  return 0;
                }),
            0);
  const CgroupUsage usage = cgroup.usage();
  EXPECT_GT(usage.cpuTotalUs, 5000u);
  EXPECT_NEAR(static_cast<double>(usage.cpuUserUs + usage.cpuSystemUs),
              static_cast<double>(usage.cpuTotalUs), 2);
  EXPECT_GT(usage.cpuUserUs, 0u);
  ASSERT_TRUE(usage.pidsCurrent && usage.memoryUsageBytes && usage.oomKills);
  EXPECT_EQ(*usage.pidsCurrent, 0u);
  EXPECT_EQ(*usage.oomKills, 0u);
  EXPECT_GT(usage.memoryPeakBytes.value_or(UINT64_MAX), 8u << 20);
  EXPECT_GE(usage.pidsPeak.value_or(1), 1u);
}

TEST_P(CgroupLife, RefusedForksAreCounted) {
  Cgroup cgroup = Cgroup::create(parent_, "box");
  spec::Resources resources;
  resources.pidsLimit = 1;
  cgroup.apply(resources);
  EXPECT_EQ(read(cgroup, "pids", "pids.max"), "1");
  EXPECT_EQ(WEXITSTATUS(run(cgroup, [] { return fork() < 0 ? errno : 0; })), EAGAIN);
  EXPECT_GE(cgroup.usage().pidsMaxEvents.value_or(0), 1u);
  resources.pidsLimit = 0;
  cgroup.apply(resources);
  EXPECT_EQ(read(cgroup, "pids", "pids.max"), "max");
}

// A block device of the test's own, so that no disk of the machine gets a rule.
class LoopDevice {
 public:
  LoopDevice() {
    const Fd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
    const int number = control ? ioctl(control.get(), LOOP_CTL_GET_FREE) : -1;
    if (number < 0) return;
    std::string pattern = "/var/tmp/slipway-loop-XXXXXX";
    const Fd file(mkostemp(pattern.data(), O_CLOEXEC));
    unlink(pattern.c_str());
    if (!file || ftruncate(file.get(), 1 << 20) < 0) return;
    fd.reset(::open(("/dev/loop" + std::to_string(number)).c_str(), O_RDWR | O_DIRECT | O_CLOEXEC));
    if (fd && ioctl(fd.get(), LOOP_SET_FD, file.get()) < 0) fd.reset();
    struct stat info{};
    if (fd && fstat(fd.get(), &info) == 0) minorNumber = minor(info.st_rdev);
  }
  ~LoopDevice() {
    if (fd) ioctl(fd.get(), LOOP_CLR_FD, 0);
  }
  Fd fd;
  unsigned minorNumber = 0;
};

TEST_P(CgroupLife, BytesOfAThrottledDeviceAreCounted) {
  Cgroup cgroup = Cgroup::create(parent_, "box");
  const LoopDevice loop;
  SLIPWAY_NEEDS(loop.fd, "a free loop device");
  SLIPWAY_NEEDS(cgroup.hasController("blkio") || cgroup.hasController("io"),
                "a block I/O controller");
  spec::BlockIo limits;
  limits.throttleReadBpsDevice.push_back({7, loop.minorNumber, 256 << 20});
  limits.throttleWriteIOPSDevice.push_back({7, loop.minorNumber, 5000});
  spec::Resources resources;
  resources.blockIO = limits;
  cgroup.apply(resources);
  EXPECT_EQ(run(cgroup,
                [&] {
                  void* block = nullptr;
                  if (posix_memalign(&block, 4096, 65536)) return 2;
                  return pwrite(loop.fd.get(), block, 65536, 0) == 65536 &&
                                 pread(loop.fd.get(), block, 65536, 0) == 65536
                             ? 0
                             : 1;
                }),
            0);
  EXPECT_TRUE(eventually([&] { return cgroup.usage().ioReadBytes == 65536u; }));
  const CgroupUsage usage = cgroup.usage();
  EXPECT_EQ(usage.ioWriteBytes, 65536u);
  EXPECT_GE(usage.ioReadOps.value_or(0), 1u);
  EXPECT_GE(usage.ioWriteOps.value_or(0), 1u);
}

TEST_P(CgroupLife, AControllerAddedLateTakesTheProcessesAlong) {
  const char* late = layout_.find("cpuset") ? "cpuset" : "hugetlb";
  SLIPWAY_NEEDS_KIND(layout_.find(late), "a cpuset or hugetlb controller");
  Cgroup cgroup = Cgroup::create(parent_, "box");
  const pid_t first = sleeper(cgroup), second = sleeper(cgroup);
  EXPECT_FALSE(cgroup.hasController(late));
  cgroup.ensureController(late);
  ASSERT_TRUE(cgroup.hasController(late));
  std::ifstream procs(cgroup.path(late) + "/cgroup.procs");
  std::set<pid_t> there{std::istream_iterator<pid_t>(procs), {}};
  EXPECT_EQ(there, (std::set<pid_t>{first, second}));
}

TEST_P(CgroupLife, ManyCgroupsHoldNoDescriptors) {
  const auto count = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  Cgroup warm = Cgroup::create(parent_, "warm");
  warm.usage();
  const auto before = count();
  std::vector<Cgroup> all;
  for (int i = 0; i < 20; ++i) all.push_back(Cgroup::create(parent_, "box" + std::to_string(i)));
  for (Cgroup& cgroup : all) {
    cgroup.usage();
    cgroup.isEmpty();
  }
  EXPECT_EQ(count(), before);
  for (Cgroup& cgroup : all) cgroup.remove(5000);
  EXPECT_EQ(count(), before);
}

TEST_P(CgroupLife, CloneIntoCgroupPlacesInTheV2Tree) {
  Cgroup cgroup = Cgroup::create(parent_, "box");
  const Fd folder = cgroup.v2Dir();
  EXPECT_EQ(static_cast<bool>(folder), layout_.v2() != nullptr);
  if (!folder) return;
  const Fd events = cgroup.watchEvents();
  char text[256];
  EXPECT_GT(pread(events.get(), text, sizeof text, 0), 0);
  struct {
    uint64_t flags = 0x200000000, pidfd = 0, childTid = 0, parentTid = 0, exitSignal = SIGCHLD,
             stack = 0, stackSize = 0, tls = 0, setTid = 0, setTidSize = 0, cgroup = 0;
  } args;
  args.cgroup = static_cast<uint64_t>(folder.get());
  const pid_t pid = static_cast<pid_t>(syscall(435, &args, sizeof args));
  ASSERT_GE(pid, 0) << errno;
  if (pid == 0) {
    for (;;) pause();
  }
  children_.insert(pid);
  EXPECT_FALSE(cgroup.isEmpty());
  EXPECT_TRUE(contains(cgroup, pid));
  pollfd wait{events.get(), POLLPRI, 0};
  EXPECT_EQ(poll(&wait, 1, 2000), 1);
  kill(pid, SIGKILL);
  reap();
  EXPECT_TRUE(cgroup.isEmpty());
}

INSTANTIATE_TEST_SUITE_P(Layouts, CgroupLife, ::testing::Values("AsMounted", "WithoutV2"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
