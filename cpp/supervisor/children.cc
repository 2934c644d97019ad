// SPDX-License-Identifier: Apache-2.0
#include "supervisor/children.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <limits>
#include <memory>

#include "init/report.h"
#include "spec/json.h"
#include "sys/error.h"

namespace slipway {
namespace {

constexpr int kPidfd = 3;  // P_PIDFD, 5.4
constexpr int kTracedMs = 10;

uint64_t micros(const timeval& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1000000u + static_cast<uint64_t>(time.tv_usec);
}

}  // namespace

std::optional<ChildEnd> reapChild(int pidfd) {
  siginfo_t info{};
  ChildEnd end;
  // The system call also gives the resource usage; __WALL because children of
  // an exec agent have no exit signal.
  check(syscall(SYS_waitid, kPidfd, pidfd, &info, WEXITED | WNOHANG | __WALL, &end.usage),
        "wait for process", "waitid");
  if (info.si_pid == 0) return std::nullopt;
  end.endedNs = monotonicNs();
  const bool exited = info.si_code == CLD_EXITED;
  end.signal = exited ? 0 : info.si_status;
  end.exitCode = exited ? info.si_status : 128 + info.si_status;
  return end;
}

pid_t bornPid(std::string_view message) {
  const json::Document document = json::parse(message);
  pid_t pid = 0;
  document.root().require("pid", pid);
  return pid;
}

void endBorn(Loop& loop, pid_t pid, std::function<void()> then, const Loop::Guard& guard) {
  check(kill(pid, SIGKILL), "wait for process", "kill");
  loop.until([pid] { return waitpid(pid, nullptr, __WALL | WNOHANG) != 0; },
             std::numeric_limits<int>::max(), [then = std::move(then)](bool) { then(); }, guard);
}

void whenEnded(Loop& loop, int pidfd, std::function<void(const ChildEnd&)> then,
               const Loop::Guard& guard) {
  auto look = [&loop, pidfd, guard, then = std::move(then)]() mutable {
    // A readable pidfd would call back without end while a tracer holds the process.
    loop.unwatch(pidfd);
    if (const std::optional<ChildEnd> end = reapChild(pidfd)) return then(*end);
    loop.after(
        kTracedMs,
        [&loop, pidfd, guard, then = std::move(then)]() mutable {
          whenEnded(loop, pidfd, std::move(then), guard);
        },
        guard);
  };
  loop.watch(pidfd, std::move(look), guard);
}

void collectChild(Loop& loop, Fd pidfd, std::function<void()> then) {
  const auto owned = std::make_shared<Fd>(std::move(pidfd));
  const auto ended = [owned, then = std::move(then)](const ChildEnd&) {
    if (then) then();
  };
  whenEnded(loop, owned->get(), ended);
}

void writeEnd(json::Writer& w, const ChildEnd& end, uint64_t startedNs) {
  w.field("exitCode", end.exitCode).field("signal", end.signal);
  w.field("durationUs", (end.endedNs - startedNs) / 1000);
  w.field("userUs", micros(end.usage.ru_utime)).field("systemUs", micros(end.usage.ru_stime));
  w.field("maxRssBytes", static_cast<uint64_t>(end.usage.ru_maxrss) * 1024);
}

}  // namespace slipway
