// SPDX-License-Identifier: Apache-2.0
#include "supervisor/children.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/report.h"
#include "spec/json.h"
#include "sys/error.h"

namespace slipway {
namespace {

constexpr int kPidfd = 3;  // P_PIDFD, 5.4

uint64_t micros(const timeval& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1000000u + static_cast<uint64_t>(time.tv_usec);
}

}  // namespace

ChildEnd reapChild(int pidfd) {
  siginfo_t info{};
  ChildEnd end;
  // The system call also gives the resource usage; __WALL because children of
  // an exec agent have no exit signal.
  long result;
  do {
    result = syscall(SYS_waitid, kPidfd, pidfd, &info, WEXITED | __WALL, &end.usage);
  } while (result < 0 && errno == EINTR);
  check(result, "wait for process", "waitid");
  end.endedNs = monotonicNs();
  const bool exited = info.si_code == CLD_EXITED;
  end.signal = exited ? 0 : info.si_status;
  end.exitCode = exited ? info.si_status : 128 + info.si_status;
  return end;
}

void endBorn(std::string_view message) {
  const json::Document document = json::parse(message);
  pid_t pid = 0;
  document.root().require("pid", pid);
  check(kill(pid, SIGKILL), "wait for process", "kill");
  pid_t result;
  do {
    result = waitpid(pid, nullptr, __WALL);
  } while (result < 0 && errno == EINTR);
  check(result, "wait for process", "waitpid");
}

void writeEnd(json::Writer& w, const ChildEnd& end, uint64_t startedNs) {
  w.field("exitCode", end.exitCode).field("signal", end.signal);
  w.field("durationUs", (end.endedNs - startedNs) / 1000);
  w.field("userUs", micros(end.usage.ru_utime)).field("systemUs", micros(end.usage.ru_stime));
  w.field("maxRssBytes", static_cast<uint64_t>(end.usage.ru_maxrss) * 1024);
}

}  // namespace slipway
