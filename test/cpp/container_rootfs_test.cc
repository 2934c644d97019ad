// SPDX-License-Identifier: Apache-2.0
// Overlays of many layers, in a forked child with a mount namespace of its own.
#include "container/rootfs.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>

#include "container/classic_overlay.h"
#include "needs.h"
#include "rootfs_fixture.h"
#include "sys/detached_mount.h"
#include "sys/error.h"
#include "sys/path.h"

namespace slipway {
namespace {

using test::inMountNamespace;
using test::RootfsFolderTest;

class RootfsTest : public RootfsFolderTest {
 protected:
  // A layer with a file of its own; the name is long, so that all together are
  // far past the page that the classic option string may have.
  std::string layer(int number) {
    const std::string path = dir_ + "/" + std::string(100, 'l') + std::to_string(number);
    mkdir(path.c_str(), 0755);
    std::ofstream(path + "/file" + std::to_string(number)) << number;
    std::ofstream(path + "/top") << number;
    return path;
  }
};

TEST_F(RootfsTest, HoldsAsManyLayersAsTheKernelTakes) {
  RootfsPlan plan;
  plan.dir = dir_ + "/container";
  plan.overlays.push_back({"/", {}});
  constexpr int count = 300;
  for (int i = 0; i < count; i++) plan.overlays[0].lower.push_back(layer(i));
  EXPECT_EQ(inMountNamespace([&] {
              const Fd root = attachRootfs(makeRootfs(plan, {}, false, {}), plan.dir);
              const bool last = readFileInRoot(root.get(), "/file299", 100, "test") == "299";
              const bool topmost = readFileInRoot(root.get(), "/top", 100, "test") == "0";
              return last && topmost ? 0 : 1;
            }),
            0);
}

TEST_F(RootfsTest, HoldsAsManyInTheOnePageOfOptionsOfOlderKernels) {
  std::vector<std::string> layers;
  for (int i = 0; i < 450; i++) layers.push_back(layer(i));
  EXPECT_EQ(inMountNamespace([&] {
              std::vector<Fd> lower;
              for (const std::string& path : layers)
                lower.emplace_back(open(path.c_str(), O_PATH | O_CLOEXEC));
              for (const char* name : {"/upper", "/work", "/at"})
                mkdir((dir_ + name).c_str(), 0755);
              const Fd upper(open((dir_ + "/upper").c_str(), O_PATH | O_CLOEXEC));
              const Fd work(open((dir_ + "/work").c_str(), O_PATH | O_CLOEXEC));
              const std::string at = dir_ + "/at";
              const Fd root = classicOverlay(lower, upper, work, {true, false, false}, at);
              const Fd place(open(at.c_str(), O_PATH | O_CLOEXEC));
              attachMount(root.get(), place.get(), "test", at);
              return readFileInRoot(root.get(), "/file449", 100, "test") == "449" ? 0 : 1;
            }),
            0);
}

TEST_F(RootfsTest, StartsAgainOnTheSameFoldersAndKeepsWhatWasWritten) {
  RootfsPlan plan;
  plan.dir = dir_ + "/container";
  plan.overlays.push_back({"/", {layer(0)}});
  const auto write = [&] {
    const Fd root = attachRootfs(makeRootfs(plan, {}, false, {}), plan.dir);
    writeFileAt(root.get(), "written", "kept", O_CREAT, 0644, "test");
    return 0;
  };
  const auto read = [&] {
    const Fd root = attachRootfs(makeRootfs(plan, {}, false, {}), plan.dir);
    return readFileInRoot(root.get(), "/written", 100, "test") == "kept" ? 0 : 1;
  };
  EXPECT_EQ(inMountNamespace(write), 0);
  EXPECT_EQ(inMountNamespace(read), 0);
}

TEST_F(RootfsTest, NamesTheMissingLayer) {
  RootfsPlan plan;
  plan.dir = dir_ + "/container";
  plan.overlays.push_back({"/", {dir_ + "/missing"}});
  try {
    makeRootfs(plan, {}, false, {});
    FAIL() << "a missing layer was taken";
  } catch (const SysError& error) {
    EXPECT_EQ(error.err, ENOENT);
    EXPECT_EQ(error.step, "mount rootfs");
    EXPECT_EQ(error.path, dir_ + "/missing");
  }
}

}  // namespace
}  // namespace slipway
