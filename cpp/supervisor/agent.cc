// SPDX-License-Identifier: Apache-2.0
#include "supervisor/agent.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>

#include "container/terminal.h"
#include "init/filters.h"
#include "init/report.h"
#include "supervisor/exec_child.h"
#include "supervisor/fork_child.h"
#include "supervisor/worn_filter.h"
#include "sys/descriptors.h"
#include "sys/error.h"
#include "sys/failpoint.h"
#include "sys/features.h"
#include "sys/message.h"

namespace slipway {
namespace {

constexpr const char* kStep = "join container";
constexpr char kAlone = 'A', kBeside = 'B';
constexpr int kNoSignal = 0;  // nor of those it bears (supervisor/strays.h)

struct AgentTask {
  const AgentTarget& target;
  const SlotEnvironment& environment;
  int socket;
};

class ExecAgent {
 public:
  explicit ExecAgent(const AgentTask& task) : task_(task) {
    features();
    if (task.target.worn == 0) return;
    failPoint("wear filter");
    keyrings_ = wearFilter(task.environment.filters->at(task.target.worn));
  }

  // What fails is told to whoever waits for the process.
  void spawn(const Message& request) {
    const int report = request.fds.at(0).get();
    try {
      bear(request, report);
    } catch (const std::exception& error) {
      reportFailed(report, asSysError(error, "exec"));
    }
  }

 private:
  void bear(const Message& request, int report) {
    ExecPlan plan = readExecPlan(std::string_view(request.data).substr(1));
    const Fd root(check(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "exec", "open", "/"));
    ExecStart start;
    start.report = report;
    start.root = root.get();
    std::optional<Terminal> terminal;
    failAsked(plan, "adopt stdio");
    if (plan.process.process.terminal) {
      terminal = openTerminal(root.get(), plan.process.process.consoleSize);
      start.peer = terminal->peer.get();
    }
    for (size_t i = 1; i < request.fds.size() && start.stdioCount < 3; i++)
      start.stdio[start.stdioCount++] = request.fds[i].get();
    failAsked(plan, "look up user");
    if (task_.target.worn != 0) plan.process.filter = 0;
    start.departure = prepareDeparture(plan.process, task_.environment.filters, root.get(),
                                       task_.environment.mayChangeGroups);
    start.departure.keyring = keyrings_;
    start.highest =
        std::max({task_.socket, report, root.get(), start.peer, start.stdio[0], start.stdio[1],
                  start.stdio[2], terminal ? terminal->master.get() : -1});
    if (terminal) reportTerminal(report, terminal->master.get());
    children_.bear(std::move(start), request.data[0] == kAlone);
  }

  static void failAsked(const ExecPlan& plan, const char* step) {
    if (plan.process.failPoint == step)
      throw SysError(step, "failpoint", "", EIO, "injected failure");
  }

  const AgentTask& task_;
  ExecChildren children_;
  bool keyrings_ = true;  // each of its children has one of its own
};

void serve(const AgentTask& task) {
  if (task.target.parent) Cgroup::open(task.target.parent, task.target.cgroup).joinSelf();
  // Before any child is born where a container that was given CAP_SYS_PTRACE can
  // look at it: the child has the container's root, and no descriptor of ours.
  closeAllBut({task.socket, task.target.initPidfd});
  failPoint("join container");
  check(setns(task.target.initPidfd, static_cast<int>(task.target.namespaces)), kStep, "setns");
  close(task.target.initPidfd);
  dieWithSupervisor(task.socket);
  // Never destroyed: children may be in its memory when this process fails.
  static ExecAgent agent(task);
  Message request;
  while (receiveMessage(task.socket, request, true) == Received::message) {
    if (takeFilter(request.data, *task.environment.filters)) continue;
    agent.spawn(request);
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
  Child child = forkChild(
      "fork agent", environment.forgetParent,
      [&](int socket) { serve({held, environment, socket}); }, kNoSignal);
  return {std::move(child.pidfd), std::move(child.socket), child.pid,
          lastFilter(*environment.filters), target.worn};
}

bool tellAgent(Agent& agent, uint64_t number, const SeccompFilters& filters) {
  if (number <= agent.filtersKnown) return true;
  const auto last = filters.upper_bound(number);
  for (auto next = filters.upper_bound(agent.filtersKnown); next != last; ++next) {
    const std::string text = filterMessage(next->first, next->second);
    if (trySendMessage(agent.socket.get(), text, {}) != Sent::sent) return false;
    agent.filtersKnown = next->first;
  }
  return true;
}

bool askAgent(const Agent& agent, const ExecOrder& order) {
  std::vector<int> fds{order.report};
  for (const Fd& fd : order.stdio) fds.push_back(fd.get());
  // The agent lives in the container's cgroup, which may be frozen or out of
  // memory: nobody waits for it. When it is gone, the end of its socket tells.
  std::string text(1, order.alone ? kAlone : kBeside);
  text += order.plan;
  return trySendMessage(agent.socket.get(), text, fds) == Sent::sent;
}

}  // namespace slipway
