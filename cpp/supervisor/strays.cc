// SPDX-License-Identifier: Apache-2.0
#include "supervisor/strays.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "supervisor/cleanup.h"
#include "sys/error.h"
#include "sys/fd.h"
#include "sys/kernel.h"

namespace slipway {
namespace {

constexpr const char* kStep = "find processes";
constexpr int kPasses = 50;  // against those that fork meanwhile

bool isInNamespace(const std::string& pid, const struct stat& ns) {
  struct stat its;
  return stat(("/proc/" + pid + "/ns/mnt").c_str(), &its) == 0 && its.st_ino == ns.st_ino &&
         its.st_dev == ns.st_dev;
}

// The fourth word of /proc/PID/stat; the second, a name in brackets, may be anything.
bool isChild(const std::string& pid) {
  const Fd file(open(("/proc/" + pid + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  char text[256];
  const ssize_t n = file ? read(file.get(), text, sizeof text) : -1;
  if (n <= 0) return false;
  const std::string_view line(text, static_cast<size_t>(n));
  const size_t name = line.rfind(") ");
  if (name == std::string_view::npos || name + 4 >= line.size()) return false;
  return strtol(std::string(line.substr(name + 4)).c_str(), nullptr, 10) == getpid();
}

// Whether there was one. Asked again with the pidfd in hand: the pid may by then
// be a stranger's.
bool killThose(const std::function<bool(const std::string&)>& which) {
  bool found = false;
  for (const std::string& name : namesIn("/proc", kStep)) {
    if (name[0] < '1' || name[0] > '9' || !which(name)) continue;
    const Fd pidfd(kernel::pidfdOpen(static_cast<pid_t>(strtol(name.c_str(), nullptr, 10))));
    if (!pidfd || !which(name)) continue;
    found = kernel::pidfdSendSignal(pidfd.get(), SIGKILL) == 0 || found;
  }
  return found;
}

}  // namespace

void killInMountNamespace(int ns) {
  struct stat wanted;
  check(fstat(ns, &wanted), kStep, "fstat");
  const auto which = [&wanted](const std::string& pid) { return isInNamespace(pid, wanted); };
  for (int pass = 0; pass < kPasses && killThose(which); pass++) {
  }
}

void killChildren() { killThose(isChild); }

}  // namespace slipway
