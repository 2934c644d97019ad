// SPDX-License-Identifier: Apache-2.0
// User namespaces of other processes, and such as only a descriptor holds.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <functional>

#include "container/userns.h"
#include "sys/error.h"
#include "sys/kernel.h"

namespace slipway {
namespace {

constexpr const char* kStep = "map user namespace";

// The number of a child in the /proc that is mounted here: the caller may be in
// a newer pid namespace than that is of.
pid_t pidInProc(int pidfd) {
  const std::string path = "/proc/self/fdinfo/" + std::to_string(pidfd);
  const Fd file(check(open(path.c_str(), O_RDONLY | O_CLOEXEC), kStep, "open", path));
  char text[1024];
  const auto size = check(read(file.get(), text, sizeof text - 1), kStep, "read", path);
  text[size] = '\0';
  const char* line = strstr(text, "\nPid:");
  const long pid = line == nullptr ? 0 : strtol(line + 5, nullptr, 10);
  if (pid <= 0) throw SysError(kStep, "read", path, ESRCH);
  return static_cast<pid_t>(pid);
}

Fd openUserNamespaceOf(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/ns/user";
  return Fd(check(open(path.c_str(), O_RDONLY | O_CLOEXEC), kStep, "open", path));
}

// 340 lines at most (user_namespaces(7)), of three columns of eleven.
constexpr size_t kMaxMapText = 340 * 36;

// The ids outside are those the reader sees.
std::vector<spec::IdMapping> readMappings(const std::string& path) {
  const Fd file(check(open(path.c_str(), O_RDONLY | O_CLOEXEC), kStep, "open", path));
  std::string text(kMaxMapText, '\0');
  text.resize(
      static_cast<size_t>(check(read(file.get(), text.data(), text.size()), kStep, "read", path)));
  std::vector<spec::IdMapping> mappings;
  for (const char* at = text.c_str(); *at != '\0';) {
    char* end = nullptr;
    uint32_t numbers[3];
    for (uint32_t& number : numbers) {
      number = static_cast<uint32_t>(strtoul(at, &end, 10));
      if (end == at) throw SysError(kStep, "read", path, EINVAL);
      at = end;
    }
    mappings.push_back({numbers[0], numbers[1], numbers[2]});
    while (*at == '\n') at++;
  }
  return mappings;
}

// A child that stands still once `first` has run in it, so that its parent can
// look at its namespaces. What `first` throws arrives with its errno alone.
class HeldChild {
 public:
  HeldChild(uint64_t flags, const std::function<void()>& first) {
    int hold[2], ready[2];
    check(pipe2(hold, O_CLOEXEC), kStep, "pipe2");
    const Fd holdRead(hold[0]);
    hold_.reset(hold[1]);
    check(pipe2(ready, O_CLOEXEC), kStep, "pipe2");
    const Fd readyRead(ready[0]);
    Fd readyWrite(ready[1]);
    kernel::CloneArgs args;
    int pidfd = -1;
    args.flags = flags | CLONE_PIDFD;
    args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
    args.exitSignal = SIGCHLD;
    pid_ = check(kernel::clone3(args), kStep, "clone3");
    if (pid_ == 0) stand(first, readyWrite.get(), holdRead.get());
    pidfd_.reset(pidfd);
    readyWrite.reset();
    if (read(readyRead.get(), &failed_, sizeof failed_) != sizeof failed_) failed_ = ECHILD;
  }
  ~HeldChild() {
    hold_.reset();
    int status;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  HeldChild(const HeldChild&) = delete;
  HeldChild& operator=(const HeldChild&) = delete;

  int pidfd() const { return pidfd_.get(); }
  int failed() const { return failed_; }  // errno of `first`, or 0

 private:
  [[noreturn]] void stand(const std::function<void()>& first, int ready, int hold) {
    hold_.reset();
    int failed = 0;
    try {
      first();
    } catch (const SysError& error) {
      failed = error.err;
    }
    char byte;
    if (write(ready, &failed, sizeof failed) < 0) _exit(1);
    _exit(read(hold, &byte, 1) < 0 ? 1 : 0);
  }

  Fd hold_, pidfd_;
  pid_t pid_ = 0;
  int failed_ = 0;
};

}  // namespace

Fd makeUserNamespace(const std::vector<spec::IdMapping>& uids,
                     const std::vector<spec::IdMapping>& gids) {
  const HeldChild child(CLONE_NEWUSER, [] {});
  const pid_t shown = pidInProc(child.pidfd());
  writeMappings(shown, uids, gids, false);
  return openUserNamespaceOf(shown);
}

KnownUserNamespace findUserNamespace(const spec::Namespace& wanted, const Neighbours& neighbours) {
  const HeldChild child(0, [&] { joinNamespace(wanted, neighbours); });
  if (child.failed() != 0) throw SysError("join namespace", "setns", wanted.path, child.failed());
  const pid_t shown = pidInProc(child.pidfd());
  const std::string proc = "/proc/" + std::to_string(shown);
  return {openUserNamespaceOf(shown), hostId(readMappings(proc + "/uid_map"), 0, "uid"),
          hostId(readMappings(proc + "/gid_map"), 0, "gid")};
}

}  // namespace slipway
