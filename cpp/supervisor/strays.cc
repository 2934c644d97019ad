// SPDX-License-Identifier: Apache-2.0
#include "supervisor/strays.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <string_view>

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

struct Status {
  pid_t parent = 0;
  int exitSignal = -1;
  int err = 0;  // why it could not be looked at
};

// The fourth and the 38th word of /proc/PID/stat; the second, a name in brackets,
// may be anything.
Status statusOf(const std::string& pid) {
  Status status;
  const std::string path = "/proc/" + pid + "/stat";
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  status.err = !file && errno != ENOENT ? errno : 0;
  char text[1024];
  const ssize_t n = file ? read(file.get(), text, sizeof text - 1) : -1;
  if (n <= 0) return status;
  text[n] = '\0';
  const char* at = strrchr(text, ')');
  for (int word = 3; at != nullptr && word <= 38; word++) {
    at = strchr(at + 1, ' ');
    if (at == nullptr) break;
    if (word == 4) status.parent = static_cast<pid_t>(strtol(at, nullptr, 10));
    if (word == 38) status.exitSignal = static_cast<int>(strtol(at, nullptr, 10));
  }
  return status;
}

bool isChild(const std::string& pid) { return statusOf(pid).parent == getpid(); }

bool isProcess(const std::string& name) { return name[0] >= '1' && name[0] <= '9'; }

pid_t numberOf(const std::string& pid) {
  return static_cast<pid_t>(strtol(pid.c_str(), nullptr, 10));
}

// Whether there was one. Asked again with the pidfd in hand: the pid may by then
// be a stranger's.
bool killThose(const std::function<bool(const std::string&)>& which) {
  bool found = false;
  for (const std::string& name : namesIn("/proc", kStep)) {
    if (!isProcess(name) || !which(name)) continue;
    const Fd pidfd(kernel::pidfdOpen(numberOf(name)));
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

bool holdsSocket(pid_t pid, ino_t inode) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
  const std::string wanted = "socket:[" + std::to_string(inode) + "]";
  for (const std::string& name : namesIn(folder, kStep)) {
    char text[64];
    const ssize_t n = readlink((folder + "/" + name).c_str(), text, sizeof text);
    if (n > 0 && std::string_view(text, static_cast<size_t>(n)) == wanted) return true;
  }
  return false;
}

std::vector<pid_t> silentChildren() {
  std::vector<pid_t> found;
  for (const std::string& name : namesIn("/proc", kStep)) {
    if (!isProcess(name)) continue;
    const Status status = statusOf(name);
    if (status.err != 0) throw SysError(kStep, "open", "/proc/" + name + "/stat", status.err);
    if (status.parent == getpid() && status.exitSignal == 0) found.push_back(numberOf(name));
  }
  return found;
}

}  // namespace slipway
