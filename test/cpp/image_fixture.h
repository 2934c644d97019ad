// SPDX-License-Identifier: Apache-2.0
// A fresh folder for one test of cpp/image, and the few file calls they share.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "needs.h"
#include "sys/fd.h"

namespace slipway {

class ImageTest : public ::testing::Test {
 protected:
  ImageTest() {
    char name[] = "/tmp/slipway-image-XXXXXX";
    if (!mkdtemp(name)) abort();
    path_ = name;
    dir_ = Fd(open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  ~ImageTest() override { std::filesystem::remove_all(path_); }

  int dir() const { return dir_.get(); }
  const std::string& path() const { return path_; }

  void makeDir(const std::string& name) { std::filesystem::create_directories(path_ + "/" + name); }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(path_ + "/" + name, std::ios::binary) << text;
  }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path_ + "/" + name, std::ios::binary).rdbuf();
    return text.str();
  }
  struct stat status(const std::string& name) const {
    struct stat found{};
    EXPECT_EQ(0, fstatat(dir(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW)) << name;
    return found;
  }
  bool exists(const std::string& name) const {
    return faccessat(dir(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
  }
  std::string linkOf(const std::string& name) const {
    char target[4096];
    const ssize_t n = readlinkat(dir(), name.c_str(), target, sizeof target);
    return n < 0 ? "" : std::string(target, static_cast<size_t>(n));
  }
  Fd openDir(const std::string& name) const {
    return Fd(openat(dir(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }

  static int highestFd() {
    int highest = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
      highest = std::max(highest, std::stoi(entry.path().filename()));
    return highest;
  }
  static int exitStatus(pid_t pid) {
    int status = 0;
    EXPECT_EQ(pid, waitpid(pid, &status, 0));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  static bool isRoot() { return getuid() == 0; }
  static bool hasTools(const std::string& names) {
    return system(("for tool in " + names + "; do command -v $tool; done > /dev/null").c_str()) ==
           0;
  }

 private:
  std::string path_;
  Fd dir_;
};

}  // namespace slipway
