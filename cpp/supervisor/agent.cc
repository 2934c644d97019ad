// SPDX-License-Identifier: Apache-2.0
#include "supervisor/agent.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "init/filters.h"
#include "init/report.h"
#include "init/steps.h"
#include "supervisor/fork_child.h"
#include "sys/descriptors.h"
#include "sys/error.h"
#include "sys/failpoint.h"
#include "sys/message.h"

namespace slipway {
namespace {

constexpr const char* kStep = "join container";

struct AgentTask {
  const AgentTarget& target;
  const SlotEnvironment& environment;
  int socket;
};

[[noreturn]] void execChild(const AgentTask& task, Message& request) {
  const int report = request.fds[0].release();
  try {
    close(task.socket);
    dieWithSupervisor(report);
  } catch (const std::exception& error) {
    reportFailed(report, asSysError(error, kStep));
    _exit(125);
  }
  InitContext context;
  context.socket = report;
  context.stdio.assign(std::make_move_iterator(request.fds.begin() + 1),
                       std::make_move_iterator(request.fds.end()));
  context.filters = task.environment.filters;
  context.rootless = task.environment.rootless;
  context.mayChangeGroups = task.environment.mayChangeGroups;
  runExec(request.data, std::move(context));
}

// A child of the supervisor, which reaps it.
Child cloneExec() {
  failPoint("fork exec");
  try {
    return cloneChild("fork exec", CLONE_PARENT);
  } catch (SysError& error) {
    if (error.err == EAGAIN) error.hint = "the container's pids limit is reached";
    throw;
  }
}

void spawn(const AgentTask& task, Message& request) {
  Child child;
  try {
    child = cloneExec();
  } catch (const SysError& error) {
    return reportFailed(task.socket, error);
  }
  if (child.pid == 0) execChild(task, request);
  const int pidfd = child.pidfd.get();
  sendMessage(task.socket, R"({"event":"spawned","pid":)" + std::to_string(child.pid) + "}",
              std::span(&pidfd, 1));
}

void serve(const AgentTask& task) {
  if (task.target.parent) Cgroup::open(task.target.parent, task.target.cgroup).joinSelf();
  // Before any child is born where a container that was given CAP_SYS_PTRACE can
  // look at it: the child has the container's root, and no descriptor of ours.
  closeAllBut({task.socket, task.target.initPidfd});
  failPoint("join container");
  check(setns(task.target.initPidfd, static_cast<int>(task.target.namespaces)), kStep, "setns");
  close(task.target.initPidfd);
  dieWithSupervisor(task.socket);
  Message request;
  while (receiveMessage(task.socket, request, true) == Received::message) {
    if (takeFilter(request.data, *task.environment.filters)) continue;
    spawn(task, request);
    // Held here, they would hide the end of the report and of a pipe.
    request.fds.clear();
  }
}

}  // namespace

Agent forkAgent(const AgentTarget& target, const SlotEnvironment& environment) {
  const int initPidfd = fcntl(target.initPidfd, F_DUPFD_CLOEXEC, 3);
  const Fd owned(check(initPidfd, kStep, "fcntl"));
  AgentTarget held = target;
  held.initPidfd = initPidfd;
  failPoint("fork agent");
  Child child = forkChild("fork agent", environment.forgetParent,
                          [&](int socket) { serve({held, environment, socket}); });
  return {std::move(child.pidfd), std::move(child.socket), environment.filters->size()};
}

bool tellAgent(Agent& agent, uint64_t number, const SeccompFilters& filters) {
  for (; agent.filtersKnown < number; agent.filtersKnown++) {
    const uint64_t next = agent.filtersKnown + 1;
    if (trySendMessage(agent.socket.get(), filterMessage(next, filters.at(next)), {}) != Sent::sent)
      return false;
  }
  return true;
}

bool askAgent(const Agent& agent, const std::string& plan, int report,
              const std::vector<Fd>& stdio) {
  std::vector<int> fds{report};
  for (const Fd& fd : stdio) fds.push_back(fd.get());
  // The agent lives in the container's cgroup, which may be frozen or out of
  // memory: nobody waits for it. When it is gone, the end of its socket tells.
  return trySendMessage(agent.socket.get(), plan, fds) == Sent::sent;
}

}  // namespace slipway
