// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <utility>

#include "init/report.h"
#include "supervisor/children.h"
#include "supervisor/supervisor.h"
#include "sys/kernel.h"

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

void Supervisor::startAgent(Container& container) {
  AgentTarget target;
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
    process.plan.clear();
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

void Supervisor::agentSaid(Container& container) {
  Message message;
  for (;;) {
    const Received what = receiveMessage(container.agent->socket.get(), message, false);
    if (what == Received::nothing) return;
    if (what == Received::closed) break;
    const size_t error = message.data.find(R"("error":)") + 8;
    container.agentFailure = message.data.substr(error, message.data.size() - error - 1);
  }
  agentEnded(container, Successor::wanted);
}

// Those it was asked for may be born or not: the ends of their sockets tell.
void Supervisor::agentEnded(Container& container, Successor successor) {
  dropAgent(container);
  const bool killed = container.agentFailure.empty();
  std::string failure = std::exchange(container.agentFailure, {});
  if (killed)
    failure = errorJson(SysError("exec", "clone", container.id, ESRCH,
                                 "the container ended, or its memory limit killed the exec agent"));
  for (const auto& [execId, process] : container.execs) {
    if (process->asked()) process->lost = failure;
  }
  if (killed && successor == Successor::wanted && !container.unasked.empty()) {
    try {
      startAgent(container);
      return askNext(container);
    } catch (const SysError& error) {
      failure = errorJson(error);
    }
  }
  failUnasked(container, failure);
}

void Supervisor::failUnasked(Container& container, const std::string& failure) {
  for (const std::string& execId : std::exchange(container.unasked, {})) {
    container.execs.at(execId)->lost = failure;
    failExec(container, execId);
  }
}

void Supervisor::dropAgent(Container& container) {
  loop_.unwatch(container.agent->socket.get());
  loop_.unwatch(container.agent->pidfd.get());
  kernel::pidfdSendSignal(container.agent->pidfd.get(), SIGKILL);
  collectChild(loop_, std::move(container.agent->pidfd),
               [this, pid = container.agent->pid] { agents_.erase(pid); });
  container.agent.reset();
}

}  // namespace slipway
