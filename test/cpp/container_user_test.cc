// SPDX-License-Identifier: Apache-2.0
#include "container/user.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "image/remove_tree.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace slipway {
namespace {

class UserTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/slipway-user-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    dir_ = name;
    mkdir((dir_ + "/etc").c_str(), 0755);
    put("passwd",
        "root:x:0:0:root:/root:/bin/sh\nann:x:1001:1002::/home/ann:/bin/sh\n1000:x:0:0::/:/bin/"
        "sh\nbroken\nbad:x:4294967296:0::/:\n");
    put("group", "root:x:0:\nann:x:1002:\nwheel:x:10:ann,bob\naudio:x:29:bob\n77:x:5:ann\n");
    root_.reset(open(dir_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  void TearDown() override {
    const Fd parent(open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC));
    removeTree(parent.get(), dir_.substr(5));
  }
  void put(const std::string& name, const std::string& text) {
    std::ofstream(dir_ + "/etc/" + name) << text;
  }

  Identity find(const std::string& user, std::vector<std::string> groups = {}) {
    return lookUpUser(root_.get(), {user, std::move(groups), false}, {});
  }

  std::string dir_;
  Fd root_;
};

TEST_F(UserTest, ANameHasItsIdsHomeAndGroups) {
  const Identity ann = find("ann");
  EXPECT_EQ(ann.uid, 1001u);
  EXPECT_EQ(ann.gid, 1002u);
  EXPECT_EQ(ann.home, "/home/ann");
  EXPECT_EQ(ann.groups, (std::vector<uint32_t>{1002, 10, 5}));
}

TEST_F(UserTest, NobodyNamedMeansRoot) {
  const Identity root = find("");
  EXPECT_EQ(root.uid, 0u);
  EXPECT_EQ(root.home, "/root");
}

TEST_F(UserTest, ANumberIsNeverAName) {
  const Identity identity = find("1000");
  EXPECT_EQ(identity.uid, 1000u);
  EXPECT_EQ(identity.gid, 0u);
  EXPECT_EQ(find("root:77").gid, 77u);
}

TEST_F(UserTest, ANumberThatTheFileKnowsHasItsGroup) {
  EXPECT_EQ(find("1001").gid, 1002u);
  EXPECT_EQ(find("1001:29").gid, 29u);
}

TEST_F(UserTest, AGroupOfOnesOwnReplacesTheMemberships) {
  EXPECT_EQ(find("ann:audio").groups, (std::vector<uint32_t>{29}));
  EXPECT_EQ(find("ann", {"audio", "123", "wheel"}).groups,
            (std::vector<uint32_t>{1002, 10, 5, 29, 123}));
}

TEST_F(UserTest, RefusesWhatIsNoUser) {
  for (const char* bad : {"-1", "4294967296", "2147483648", "nobody-here", "a:b:c",
                          "0:", "ann:nogroup", "bad", "+1"}) {
    try {
      find(bad);
      ADD_FAILURE() << bad << " was taken";
    } catch (const SysError& error) {
      EXPECT_EQ(error.err, EINVAL) << bad;
      EXPECT_FALSE(error.hint.empty()) << bad;
    }
  }
}

TEST_F(UserTest, AnImageWithoutTheFilesStillHasNumbers) {
  unlink((dir_ + "/etc/passwd").c_str());
  unlink((dir_ + "/etc/group").c_str());
  EXPECT_EQ(find("12:34").gid, 34u);
  EXPECT_THROW(find("ann"), SysError);
}

TEST_F(UserTest, HostileFilesAreRefusedAtOnce) {
  const std::string passwd = dir_ + "/etc/passwd";
  unlink(passwd.c_str());
  ASSERT_EQ(mkfifo(passwd.c_str(), 0644), 0);
  EXPECT_THROW(find("ann"), SysError);
  unlink(passwd.c_str());
  ASSERT_EQ(truncate((std::ofstream(passwd), passwd.c_str()), off_t{4} << 30), 0);
  EXPECT_THROW(find("ann"), SysError);
  unlink(passwd.c_str());
  ASSERT_EQ(symlink("/etc/shadow", passwd.c_str()), 0);  // inside: dangling
  EXPECT_THROW(find("ann"), SysError);
}

}  // namespace
}  // namespace slipway
