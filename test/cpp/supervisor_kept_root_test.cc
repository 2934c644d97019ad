// SPDX-License-Identifier: Apache-2.0
// Every way to change something of a root shows in the folders overlayfs works
// in, and reading does not.
#include "supervisor/kept_root.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>

#include "container/rootfs.h"
#include "init/report.h"
#include "needs.h"
#include "rootfs_fixture.h"
#include "sys/error.h"

namespace slipway {
namespace {

struct Change {
  const char* name;
  std::function<void(const std::string& root)> make;
  bool shows;
};

void PrintTo(const Change& change, std::ostream* out) { *out << change.name; }

std::string readAll(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

const Change kChanges[] = {
    {"nothing", [](const std::string&) {}, false},
    {"reading", [](const std::string& root) { readAll(root + "/file"); }, false},
    {"opening for writing",
     [](const std::string& root) { std::ofstream(root + "/file", std::ios::app); }, true},
    {"writing to a file of the image",
     [](const std::string& root) { std::ofstream(root + "/folder/deep") << "x"; }, true},
    {"a file beside one that the engine made",
     [](const std::string& root) { std::ofstream(root + "/folder/new") << "x"; }, true},
    {"a file that the engine made",
     [](const std::string& root) { std::ofstream(root + "/made") << "x"; }, true},
    {"a mode of one that the engine made",
     [](const std::string& root) { chmod((root + "/folder/made").c_str(), 0644); }, true},
    {"a file that comes and goes",
     [](const std::string& root) {
       std::ofstream(root + "/new") << "x";
       unlink((root + "/new").c_str());
     },
     true},
    {"a folder that comes and goes",
     [](const std::string& root) {
       mkdir((root + "/new").c_str(), 0755);
       rmdir((root + "/new").c_str());
     },
     true},
    {"the same mode", [](const std::string& root) { chmod(root.c_str(), 0755); }, true},
    {"the same owner",
     [](const std::string& root) { chown(root.c_str(), 0, 0) == 0 || (abort(), 0); }, true},
    {"an attribute that comes and goes",
     [](const std::string& root) {
       setxattr(root.c_str(), "user.x", "1", 1, 0);
       removexattr(root.c_str(), "user.x");
     },
     true},
    {"a time", [](const std::string& root) { utimensat(AT_FDCWD, root.c_str(), nullptr, 0); },
     true},
    {"a deleted file", [](const std::string& root) { unlink((root + "/file").c_str()); }, true},
    {"a renamed file",
     [](const std::string& root) { rename((root + "/file").c_str(), (root + "/elif").c_str()); },
     true},
    {"a mode below", [](const std::string& root) { chmod((root + "/folder/deep").c_str(), 0600); },
     true},
    {"a flag of the root",
     [](const std::string& root) {
       const Fd fd(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
       int flags = 0;
       check(ioctl(fd.get(), FS_IOC_GETFLAGS, &flags), "test", "ioctl");
       flags |= FS_NODUMP_FL;
       check(ioctl(fd.get(), FS_IOC_SETFLAGS, &flags), "test", "ioctl");
     },
     true},
};

class KeptRootTest : public test::RootfsFolderTest, public ::testing::WithParamInterface<Change> {
 protected:
  void SetUp() override {
    RootfsFolderTest::SetUp();
    if (dir_.empty()) return;
    mkdir((dir_ + "/layer").c_str(), 0755);
    mkdir((dir_ + "/layer/folder").c_str(), 0755);
    mkdir((dir_ + "/at").c_str(), 0755);
    std::ofstream(dir_ + "/layer/file") << "content";
    std::ofstream(dir_ + "/layer/folder/deep") << "content";
  }
};

// 0: untouched, 1: touched, 2: this kernel cannot keep roots.
int outcome(const std::string& dir, const Change& change) {
  Sample sample;
  sample.overlays = {{"/", {dir + "/layer"}}};
  sample.files = {"/folder/made", "/made"};
  const Prepared prepared(sample, dir + "/box", false);
  RootMounts copies = prepared.copyMounts();
  if (copies.overlays.empty()) return 2;
  auto [mine, its] = messagePair();
  reportIdle(its.get(), copies);
  Message message;
  receiveMessage(mine.get(), message, true);
  std::optional<KeptRoot> kept = KeptRoot::of(message);
  if (!kept) return 3;
  while (!kept->wouldShowWrites()) usleep(1000);
  Prepared next = Prepared(sample, kept->mounts());
  Plan plan;
  plan.rootfs = {sample.overlays, dir + "/box", true};
  const Fd root = attachRootfs(next.takeRootfs(plan, false), dir + "/at");
  change.make(dir + "/at");
  return kept->isUntouched() ? 0 : 1;
}

TEST_P(KeptRootTest, ShowsWhetherItWasTouched) {
  const int found = test::inMountNamespace([this] { return outcome(dir_, GetParam()); });
  SLIPWAY_NEEDS_KIND(found != 2, "Linux 6.15");
  EXPECT_EQ(found, GetParam().shows ? 1 : 0);
}

INSTANTIATE_TEST_SUITE_P(Changes, KeptRootTest, ::testing::ValuesIn(kChanges));

}  // namespace
}  // namespace slipway
