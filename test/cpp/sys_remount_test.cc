// SPDX-License-Identifier: Apache-2.0
// What kernels before 5.12 do, in a forked child with a mount namespace of its own.
#include "sys/remount.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include <functional>

#include "needs.h"
#include "sys/error.h"
#include "sys/fd.h"
#include "sys/mountinfo.h"

namespace slipway {
namespace {

using kernel::kAttrNoatime, kernel::kAttrAtimeMask, kernel::kAttrRdonly;

int failures(const std::function<void()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWNS) < 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0)
      _exit(77);
    mount("top", "/mnt", "tmpfs", MS_NOSUID, nullptr);
    body();
    _exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void mountAt(const char* path) {
  mkdir(path, 0755);
  ASSERT_EQ(mount("below", path, "tmpfs", MS_NODEV, nullptr), 0);
}

unsigned long flagsOf(const char* path) {
  struct statvfs status{};
  statvfs(path, &status);
  return status.f_flag;
}

void makeReadOnly(bool recursive) {
  const Fd top(open("/mnt", O_PATH | O_CLOEXEC));
  remount(top.get(), {.attrSet = kAttrRdonly}, recursive, "test", "/mnt");
}

class RemountTest : public ::testing::Test {
 protected:
  void SetUp() override { SLIPWAY_NEEDS(geteuid() == 0, "root"); }
};

TEST_F(RemountTest, KeepsTheFlagsThatWereNotAskedFor) {
  EXPECT_EQ(failures([] {
              const Fd top(open("/mnt", O_PATH | O_CLOEXEC));
              remount(top.get(), {.attrSet = kAttrNoatime, .attrClr = kAttrAtimeMask}, false,
                      "test", "/mnt");
              makeReadOnly(false);
              const unsigned long all = ST_RDONLY | ST_NOSUID | ST_NOATIME;
              EXPECT_EQ(flagsOf("/mnt") & (all | ST_NODEV | ST_RELATIME), all);
              remount(top.get(), {.attrClr = kAttrRdonly}, false, "test", "/mnt");
              EXPECT_EQ(flagsOf("/mnt") & all, unsigned{ST_NOSUID | ST_NOATIME});
            }),
            0);
}

TEST_F(RemountTest, AWholeTreeIsThatOfTheMountAlone) {
  EXPECT_EQ(
      failures([] {
        mountAt("/mnt/with space");
        mountAt("/mnt/with space/deep");
        mkdir("/mnt/twice", 0755);
        mountAt("/mnt/twice");
        mountAt("/mnt/twice");  // covers the one before
        makeReadOnly(false);
        EXPECT_EQ(flagsOf("/mnt/with space") & ST_RDONLY, 0u);
        makeReadOnly(true);
        for (const char* path : {"/mnt", "/mnt/with space", "/mnt/with space/deep", "/mnt/twice"})
          EXPECT_NE(flagsOf(path) & ST_RDONLY, 0u) << path;
        EXPECT_EQ(flagsOf("/mnt/with space") & (ST_NODEV | ST_NOSUID), unsigned{ST_NODEV});
        EXPECT_EQ(flagsOf("/proc") & ST_RDONLY, 0u);
      }),
      0);
}

TEST_F(RemountTest, AMountBehindAnotherIsRefused) {
  EXPECT_EQ(failures([] {
              mkdir("/mnt/a", 0755);
              mountAt("/mnt/a/b");
              mountAt("/mnt/a");
              mkdir("/mnt/a/b", 0755);
              try {
                makeReadOnly(true);
                ADD_FAILURE() << "it was not noticed";
              } catch (const SysError& error) {
                EXPECT_EQ(error.err, EBUSY);
              }
            }),
            0);
}

TEST_F(RemountTest, AnIdMappedMountIsRefusedByName) {
  try {
    remount(-1, {.attrSet = kernel::kAttrIdmap}, false, "test", "/mnt");
    FAIL();
  } catch (const SysError& error) {
    EXPECT_EQ(error.err, ENOSYS);
    EXPECT_EQ(error.hint, "id-mapped mounts need Linux 5.12");
  }
}

TEST(Mountinfo, NamesAreUnescapedAndParentsComeFirst) {
  const auto rows = parseMountinfo(
      "30 22 0:5 / /a\\040b rw - tmpfs x rw\n"
      "31 22 0:6 / /other rw - tmpfs x rw\n"
      "33 32 0:8 / /a\\040b/c/d rw - tmpfs x rw\n"
      "32 30 0:7 / /a\\040b/c rw shared:1 - tmpfs x rw\n");
  const auto below = mountsBelow(rows, 30);
  ASSERT_EQ(below.size(), 2u);
  EXPECT_EQ(below[0].path, "/a b/c");
  EXPECT_EQ(below[1].path, "/a b/c/d");
}

}  // namespace
}  // namespace slipway
