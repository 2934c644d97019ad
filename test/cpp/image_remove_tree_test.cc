// SPDX-License-Identifier: Apache-2.0
#include "image/remove_tree.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "image_fixture.h"
#include "sys/error.h"

namespace slipway {
namespace {

class ImageRemoveTree : public ImageTest {};

TEST_F(ImageRemoveTree, RemovesFilesFoldersLinksAndFifos) {
  makeDir("victim");
  write("victim/keep", "kept");
  makeDir("tree/a/b/c");
  write("tree/a/file", "x");
  ASSERT_EQ(0, symlinkat("../../victim", dir(), "tree/a/out"));
  ASSERT_EQ(0, symlinkat("/nowhere", dir(), "tree/dangling"));
  ASSERT_EQ(0, mkfifoat(dir(), "tree/fifo", 0600));
  removeTree(dir(), "tree");
  EXPECT_FALSE(exists("tree"));
  EXPECT_EQ("kept", read("victim/keep"));
}

TEST_F(ImageRemoveTree, TheNameMayBeALinkAFileOrMissing) {
  makeDir("victim");
  ASSERT_EQ(0, symlinkat("victim", dir(), "link"));
  write("file", "x");
  removeTree(dir(), "link");
  removeTree(dir(), "file");
  removeTree(dir(), "missing");
  EXPECT_FALSE(exists("link"));
  EXPECT_FALSE(exists("file"));
  EXPECT_TRUE(exists("victim"));
}

TEST_F(ImageRemoveTree, RefusesNamesThatAreNotOneName) {
  for (const char* name : {"", ".", "..", "a/b", "/"})
    EXPECT_THROW(removeTree(dir(), name), SysError) << name;
}

TEST_F(ImageRemoveTree, AManyThousandFoldersDeepTreeNeedsFewDescriptors) {
  int at = openat(dir(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < 1500; i++) {
    const char* name = i == 0 ? "deep" : "d";
    ASSERT_EQ(0, mkdirat(at, name, 0755));
    const int next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ASSERT_GE(next, 0);
    close(at);
    at = next;
  }
  close(at);
  const int highest = highestFd();
  removeTree(dir(), "deep");
  EXPECT_FALSE(exists("deep"));
  EXPECT_EQ(highest, highestFd());
}

TEST_F(ImageRemoveTree, NamesThatCollideWithItsOwnAreStillRemoved) {
  makeDir("tree");
  std::string path = "tree";
  for (int i = 0; i < 60; i++) makeDir(path += "/d");
  makeDir("tree/.removing-0/full");
  write("tree/.removing-1", "x");
  removeTree(dir(), "tree");
  EXPECT_FALSE(exists("tree"));
}

TEST_F(ImageRemoveTree, ManyEntriesInOneFolder) {
  makeDir("tree");
  for (int i = 0; i < 3000; i++) write("tree/file-with-a-long-name-" + std::to_string(i), "");
  removeTree(dir(), "tree");
  EXPECT_FALSE(exists("tree"));
}

TEST_F(ImageRemoveTree, AnOrdinaryUserRemovesItsOwnUnreadableFolders) {
  SLIPWAY_NEEDS(isRoot(), "root to become another user");
  makeDir("tree/a/b");
  write("tree/a/b/file", "x");
  for (const char* path : {"", "tree", "tree/a", "tree/a/b", "tree/a/b/file"})
    ASSERT_EQ(0, fchownat(dir(), path, 65534, 65534, AT_EMPTY_PATH));
  for (const char* path : {"tree/a/b", "tree/a", "tree"}) ASSERT_EQ(0, fchmodat(dir(), path, 0, 0));
  const pid_t pid = fork();
  if (pid == 0) {
    if (setgid(65534) || setuid(65534)) _exit(2);
    try {
      removeTree(dir(), "tree");
    } catch (const SysError& error) {
      fprintf(stderr, "%s\n", error.what());
      _exit(1);
    }
    _exit(0);
  }
  EXPECT_EQ(0, exitStatus(pid));
  EXPECT_FALSE(exists("tree"));
}

TEST_F(ImageRemoveTree, DoesNotEnterAMountAndRemovesAllElse) {
  SLIPWAY_NEEDS(isRoot(), "root to mount");
  makeDir("tree/mnt");
  makeDir("tree/z");
  makeDir("victim");
  write("victim/keep", "kept");
  write("tree/z/file", "x");
  const pid_t pid = fork();
  if (pid == 0) {
    const std::string at = path() + "/tree/mnt", from = path() + "/victim";
    if (unshare(CLONE_NEWNS) || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr))
      _exit(2);
    if (mount(from.c_str(), at.c_str(), nullptr, MS_BIND, nullptr)) _exit(3);
    try {
      removeTree(dir(), "tree");
    } catch (const SysError& error) {
      _exit(error.err == EBUSY && error.path == "tree/mnt" ? 0 : 4);
    }
    _exit(5);
  }
  EXPECT_EQ(0, exitStatus(pid));
  EXPECT_EQ("kept", read("victim/keep"));
  EXPECT_FALSE(exists("tree/z"));
  EXPECT_TRUE(exists("tree/mnt"));
}

}  // namespace
}  // namespace slipway
