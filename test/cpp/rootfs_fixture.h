// SPDX-License-Identifier: Apache-2.0
// A fresh folder for tests that mount root file systems, and a mount namespace
// to do it in.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include "needs.h"
#include "sys/error.h"

namespace slipway::test {

class RootfsFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SLIPWAY_NEEDS(geteuid() == 0, "root");
    // Of a real disk also where /tmp is in memory.
    char name[] = "/var/tmp/slipway-rootfs-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    dir_ = name;
  }
  void TearDown() override {
    if (!dir_.empty()) std::filesystem::remove_all(dir_);
  }

  std::string dir_;
};

// In a child; the answer of `body`, or at least 100 when it could not give one.
inline int inMountNamespace(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    try {
      if (unshare(CLONE_NEWNS) < 0 ||
          mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0)
        _exit(100);
      _exit(body());
    } catch (const SysError& error) {
      fprintf(stderr, "%s hint: %s\n", error.what(), error.hint.c_str());
      _exit(101);
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 102;
}

}  // namespace slipway::test
