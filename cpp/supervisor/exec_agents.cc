// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <utility>

#include "init/report.h"
#include "supervisor/supervisor.h"
#include "supervisor/worn_filter.h"

namespace slipway {
namespace {

constexpr int kAskAgainMs = 10;
constexpr unsigned kAllNamespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
                                    CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWUSER | 0x80u;

// The namespaces in which the container's first process differs from us; the
// kernel refuses to join a user namespace one is already in.
unsigned differentNamespaces(pid_t pid) {
  constexpr struct {
    const char* name;
    unsigned flag;
  } types[] = {{"mnt", CLONE_NEWNS},    {"pid", CLONE_NEWPID}, {"net", CLONE_NEWNET},
               {"ipc", CLONE_NEWIPC},   {"uts", CLONE_NEWUTS}, {"cgroup", CLONE_NEWCGROUP},
               {"user", CLONE_NEWUSER}, {"time", 0x80u}};
  unsigned flags = 0;
  for (const auto& type : types) {
    char own[64], its[64];
    const std::string ownPath = std::string("/proc/self/ns/") + type.name;
    const std::string itsPath = "/proc/" + std::to_string(pid) + "/ns/" + type.name;
    const ssize_t a = readlink(ownPath.c_str(), own, sizeof own);
    if (a < 0) continue;  // a kernel without that type
    const ssize_t b =
        check(readlink(itsPath.c_str(), its, sizeof its), "join container", "readlink", itsPath);
    if (std::string_view(own, static_cast<size_t>(a)) !=
        std::string_view(its, static_cast<size_t>(b)))
      flags |= type.flag;
  }
  return flags & kAllNamespaces;
}

// A change of user then opens the memory to other processes of that user (proc(5)).
bool isOpenAfterSetuid() {
  const Fd file(open("/proc/sys/fs/suid_dumpable", O_RDONLY | O_CLOEXEC));
  char value = 0;
  return !file || read(file.get(), &value, 1) != 1 || value == '1';
}

}  // namespace

// Each filter is looked at once.
bool Supervisor::isWearable(uint64_t filter) {
  if (filter == 0) return false;
  const auto [known, isNew] = wearable_.try_emplace(filter, false);
  if (isNew) known->second = mayBeWorn(filters_.at(filter));
  return known->second;
}

// An agent that wears a filter gives way, once, to one that bears with any.
void Supervisor::seatAgent(Container& container, uint64_t filter) {
  if (container.agent && container.agent->bears(filter)) return;
  if (container.agent) retireAgent(container);
  const bool wears = !container.hasRetired && isWearable(filter);
  startAgent(container, wears ? filter : 0);
}

void Supervisor::startAgent(Container& container, uint64_t worn) {
  AgentTarget target;
  target.worn = worn;
  target.initPidfd = container.slot.pidfd.get();
  target.namespaces = differentNamespaces(container.slot.pid);
  target.parent = container.slot.parent;
  target.cgroup = container.slot.name;
  container.traced = container.traced || isOpenAfterSetuid();
  container.agent = forkAgent(target, environment_);
  agents_.insert(container.agent->pid);
  const auto said = [this, id = container.id] {
    agentSaid(find(id));
    endOf(id);
  };
  loop_.watch(container.agent->socket.get(), said, guard(container.id));
  // A process that it bore and that somebody has stopped may hold the socket open.
  const auto ended = [this, id = container.id, pid = container.agent->pid] {
    Container& its = find(id);
    agentSaid(its);
    if (its.agent && its.agent->pid == pid) agentEnded(its, Successor::wanted);
    endOf(id);
  };
  loop_.watch(container.agent->pidfd.get(), ended, guard(container.id));
}

bool Supervisor::ask(Container& container, const ExecProcess& process) {
  seatAgent(container, process.filter);
  const ExecOrder order{process.plan, process.report.get(), process.stdio, container.traced};
  return tellAgent(*container.agent, process.filter, filters_) && askAgent(*container.agent, order);
}

// In the order of the requests; the rest when there is room in the agent's socket.
void Supervisor::askNext(Container& container) {
  while (!container.unasked.empty()) {
    ExecProcess& process = *container.execs.at(container.unasked.front());
    try {
      if (!ask(container, process)) return askLater(container);
    } catch (const SysError& error) {
      process.lost = errorJson(error);
    }
    container.unasked.pop_front();
    process.plan = {};
    process.report.reset();
    process.stdio.clear();
    if (!process.lost.empty()) failExec(container, process.id);
  }
}

void Supervisor::askLater(Container& container) {
  if (std::exchange(container.askDue, true)) return;
  const auto again = [this, id = container.id] {
    const auto found = containers_.find(id);
    if (found == containers_.end()) return;
    found->second->askDue = false;
    if (found->second->agent) askNext(*found->second);
  };
  loop_.after(kAskAgainMs, again, guard(container.id));
}

}  // namespace slipway
