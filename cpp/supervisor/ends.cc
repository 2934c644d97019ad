// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "image/remove_tree.h"
#include "init/report.h"
#include "supervisor/children.h"
#include "supervisor/cleanup.h"
#include "supervisor/strays.h"
#include "supervisor/supervisor.h"
#include "sys/failpoint.h"
#include "sys/kernel.h"

namespace slipway {
namespace {

constexpr uint64_t kLastWaitNs = 10'000'000'000, kLookAgainNs = 100'000'000;
constexpr int kLongestDelayMs = 60000;

void writeUsage(json::Writer& w, const CgroupUsage& usage) {
  const auto optional = [&w](const char* key, const std::optional<uint64_t>& value) {
    if (value) w.field(key, *value);
  };
  w.key("usage")
      .beginObject()
      .field("cpuUserUs", usage.cpuUserUs)
      .field("cpuSystemUs", usage.cpuSystemUs)
      .field("cpuTotalUs", usage.cpuTotalUs);
  optional("memoryBytes", usage.memoryUsageBytes);
  optional("memoryPeakBytes", usage.memoryPeakBytes);
  optional("pidsCurrent", usage.pidsCurrent);
  optional("pidsPeak", usage.pidsPeak);
  optional("pidsMaxEvents", usage.pidsMaxEvents);
  optional("ioReadBytes", usage.ioReadBytes);
  optional("ioWriteBytes", usage.ioWriteBytes);
  optional("ioReadOps", usage.ioReadOps);
  optional("ioWriteOps", usage.ioWriteOps);
  optional("oomKills", usage.oomKills);
  w.endObject();
}

void addMembers(std::string& report, std::string_view object) {
  report.append(",").append(object.substr(1, object.size() - 2));
}

// Until no child is left. One born while the others were signalled is found and
// killed, too; one that a tracer or a device holds is not waited for long.
void collectAll() {
  const uint64_t begun = monotonicNs();
  uint64_t looked = begun;
  for (useconds_t waitUs = 200;;) {
    const pid_t pid = wait4(-1, nullptr, __WALL | WNOHANG, nullptr);
    if (pid > 0 || (pid < 0 && errno == EINTR)) continue;
    if (pid < 0) return;
    const uint64_t now = monotonicNs();
    if (now - begun > kLastWaitNs) throw SysError("wait for process", "wait4", "", ETIMEDOUT);
    if (now - looked > kLookAgainNs) {
      killChildren();
      looked = now;
    }
    usleep(waitUs);
    waitUs = std::min<useconds_t>(waitUs * 2, 5000);
  }
}

}  // namespace

std::string usageJson(const CgroupUsage& usage) {
  json::Writer w;
  w.beginObject();
  writeUsage(w, usage);
  w.endObject();
  return w.take();
}

void Supervisor::containerEnded(const std::string& id, const ChildEnd& end) {
  Container& container = find(id);
  container.dead = true;
  container.end = end;
  // What it said before its end; nobody speaks after that.
  while (container.slot.socket && slotSaid(id) == Received::message) {
  }
  if (container.slot.socket) slotEnded(container);
  // Also an exec that nobody knows yet, and that somebody has stopped.
  if (!container.ownPidNamespace) killMembers(container);
  endExecs(container);
  endOf(id);
}

void Supervisor::killMembers(const Container& container) {
  const Fd& ns = container.start.mountNamespace;
  if (ns) killInMountNamespace(ns.get());
  killCgroup(container.slot.parent, container.slot.name);
}

// Open for what cleaning up may add.
std::string Supervisor::endReport(const Container& container) {
  json::Writer w;
  w.beginObject().field("event", "exited").field("id", container.id);
  writeEnd(w, container.end, container.startedNs);
  w.endObject();
  std::string report = w.take();
  report.pop_back();
  return report;
}

// Once its execs have ended, too.
void Supervisor::reportEnd(Container& container) {
  const std::string id = container.id;
  std::string report = endReport(container);
  failPoint("report end");
  if (!container.start.answered && !container.start.failed) {
    container.start.failed = true;
    container.start.failure = errorJson(SysError("start container", "execve", "", ECHILD,
                                                 "the process was killed while it was starting"));
  }
  container.start.mountNamespace.reset();
  if (container.slot.parent) {
    try {
      container.cgroup = Cgroup::open(container.slot.parent, container.slot.name);
      if (!container.start.failed) addMembers(report, usageJson(container.cgroup.usage()));
    } catch (const SysError& error) {
      // The slot may have failed before it made its cgroup.
      if (error.err != ENOENT) addMembers(report, R"({"usageError":)" + errorJson(error) + "}");
    }
  }
  finishEnd(id, std::move(report), 0);
}

// Removes what the container held, then tells of its end: when Node hears of it,
// nothing is left, or what is left is told.
void Supervisor::finishEnd(const std::string& id, std::string report, int tries) {
  Container& container = find(id);
  std::optional<SysError> failure;
  try {
    if (container.cgroup) {
      container.cgroup.remove(0);
    } else {
      removeCgroup(container.slot.parent, container.slot.name, 0);
    }
  } catch (const SysError& error) {
    if (error.err == EBUSY && tries < kRemoveTries) {
      auto again = [this, id, report = std::move(report), tries]() mutable {
        finishEnd(id, std::move(report), tries + 1);
      };
      return loop_.after(1 << tries, std::move(again), guard(id));
    }
    failure = error;
    removeLater([parent = container.slot.parent, name = container.slot.name] {
      removeCgroup(parent, name, 0);
    });
  }
  try {
    const StartReport& start = container.start;
    if (start.failed && container.newFolder && !start.ready) {
      removeFolder(container.dir);  // no program ran: little of the engine's own
    } else if (start.failed ? container.newFolder : container.autoRemove && !keepRoot(container)) {
      sweeper_.take(container.dir);
    }
    // A restart keeps its own folder and has no use for the slot's.
    if (!container.newFolder) sweeper_.take(container.slot.dir);
  } catch (const SysError& error) {
    if (!failure) failure = error;
    const bool gone = container.start.failed ? container.newFolder : container.autoRemove;
    const std::string& dir = gone ? container.dir : container.slot.dir;
    removeLater([this, dir] { sweeper_.take(dir); });
  }
  if (container.start.failed) {
    report = R"({"event":"failed","req":)" + std::to_string(container.request) + R"(,"error":)" +
             container.start.failure;
    if (failure) report += R"(,"cleanupError":)" + errorJson(*failure);
  } else if (failure) {
    sendWarning("remove", *failure);
  }
  containers_.erase(id);
  send(report + "}");
  refillSoon();
}

// What could not be removed is tried again, ever less often: descriptors and
// space come back. Closing the engine looks once more.
void Supervisor::removeLater(std::function<void()> work, int delayMs) {
  loop_.after(delayMs, [this, work = std::move(work), delayMs] {
    try {
      work();
    } catch (const std::exception&) {
      removeLater(work, std::min(2 * delayMs, kLongestDelayMs));
    }
  });
}

// Signals everything first and collects afterwards: the first process of a pid
// namespace cannot end before its members that are our children were collected.
// Goes on past each failure; what is left is found by the folder below `run`,
// which then stays for the next engine on this root.
void Supervisor::shutdown() {
  loop_.stop();
  std::vector<const Slot*> slots;
  slots.reserve(waiting_.size() + containers_.size());
  for (auto& [name, slot] : waiting_) slots.push_back(&slot);
  for (auto& [id, container] : containers_) slots.push_back(&container->slot);
  Attempts attempts;
  killEverything(slots);
  for (auto& [id, container] : containers_) {
    const Fd& ns = container->start.mountNamespace;
    if (ns) attempts.make([&ns] { killInMountNamespace(ns.get()); });
  }
  sweeper_.finish();
  attempts.make(collectAll);
  attempts.make([this] { dropScope(); });
  if (!attempts.failure()) attempts.make([this] { removeFolder(runFolder()); });
  if (attempts.failure()) sendWarning("remove", *attempts.failure());
}

void Supervisor::killEverything(const std::vector<const Slot*>& slots) {
  const auto kill = [](const Fd& pidfd) {
    if (pidfd) kernel::pidfdSendSignal(pidfd.get(), SIGKILL);
  };
  for (const Slot* slot : slots) {
    kill(slot->helper);
    kill(slot->pidfd);
  }
  for (auto& [id, container] : containers_) {
    if (container->agent) kill(container->agent->pidfd);
    killRetired(*container);
    for (auto& [execId, process] : container->execs) kill(process->pidfd);
  }
  for (auto& [number, worker] : workers_) kill(worker->pidfd);
  // Whatever fails here: removing the cgroups kills once more, and tells.
  Attempts attempts;
  for (const Slot* slot : slots) attempts.make([slot] { killCgroup(slot->parent, slot->name); });
}

}  // namespace slipway
