// SPDX-License-Identifier: Apache-2.0
// Cgroups of this machine for a test, below a folder of their own, and child
// processes to put into them. Nothing outlives the fixture.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "container/cgroup.h"
#include "needs.h"
#include "sys/error.h"

namespace slipway::test {

inline bool mayMakeCgroups() {
  return geteuid() == 0 && !CgroupLayout::detect().hierarchies.empty();
}

// Waits for what the kernel does a little later; false after two seconds.
inline bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 400; ++i) {
    if (holds()) return true;
    usleep(5000);
  }
  return holds();
}

inline SysError failureOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const SysError& error) {
    return error;
  }
  return {"nothing failed", "", "", 0};
}

class CgroupTest : public ::testing::Test {
 protected:
  void TearDown() override {
    if (!parent_) return;
    for (const std::string& name : parent_->list()) {
      Cgroup left = Cgroup::open(parent_, name);
      left.killAll();
      reap();
      left.remove(5000);
    }
    parent_->remove();
  }

  void useLayout(CgroupLayout layout) {
    layout_ = std::move(layout);
    parent_ = CgroupParent::create(layout_, "/slipway-test-" + std::to_string(getpid()));
  }

  // A child that joins and then does `work`; its exit status is the work's answer.
  // Returns when the child has joined.
  pid_t spawn(const Cgroup& cgroup, const std::function<int()>& work) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const pid_t pid = fork();
    if (pid == 0) {
      try {
        cgroup.joinSelf();
        close(ends[1]);
        _exit(work());
      } catch (const SysError&) {
        _exit(99);
      }
    }
    children_.insert(pid);
    close(ends[1]);
    char none;
    EXPECT_EQ(::read(ends[0], &none, 1), 0);
    close(ends[0]);
    return pid;
  }
  pid_t sleeper(const Cgroup& cgroup) {
    return spawn(cgroup, [] {
      for (;;) pause();
      return 0;
    });
  }
  static bool contains(const Cgroup& cgroup, pid_t pid) {
    const auto pids = cgroup.pids();
    return std::find(pids.begin(), pids.end(), pid) != pids.end();
  }
  int wait(pid_t pid) {
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    children_.erase(pid);
    return status;
  }
  int run(const Cgroup& cgroup, const std::function<int()>& work) {
    return wait(spawn(cgroup, work));
  }
  void reap() {
    for (const pid_t pid : children_) kill(pid, SIGKILL);
    while (!children_.empty()) wait(*children_.begin());
  }
  std::string read(const Cgroup& cgroup, const char* controller, const char* file) {
    std::ifstream stream(cgroup.path(controller) + "/" + file);
    EXPECT_TRUE(stream) << controller << " " << file;
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }

  CgroupLayout layout_;
  std::shared_ptr<CgroupParent> parent_;
  std::set<pid_t> children_;
};

// A folder tree that looks like cgroup v2, for what this machine cannot mount.
class FakeV2 {
 public:
  explicit FakeV2(std::vector<std::string> controllers) {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "slipway-cgroup-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    layout_.hierarchies.push_back({true, root_.string(), "", controllers});
    std::string all;
    for (const std::string& controller : controllers) all += (all.empty() ? "" : " ") + controller;
    write("cgroup.subtree_control", all + "\n");
    write("parent/cgroup.subtree_control", all + "\n");
    write("parent/cgroup.type", "domain\n");
    parent_ = CgroupParent::create(layout_, "/parent");
  }
  ~FakeV2() { std::filesystem::remove_all(root_); }

  // A container's folder with these (empty) control files in it.
  Cgroup container(const std::vector<std::string>& files) {
    for (const std::string& file : files) write("parent/box/" + file, "");
    return Cgroup::open(parent_, "box");
  }
  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  std::string read(const std::string& file) const {
    std::ifstream stream(root_ / file);
    EXPECT_TRUE(stream) << file;
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  std::string box(const std::string& file) const { return read("parent/box/" + file); }

  std::filesystem::path root_;
  CgroupLayout layout_;
  std::shared_ptr<CgroupParent> parent_;
};

}  // namespace slipway::test
