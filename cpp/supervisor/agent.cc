// SPDX-License-Identifier: Apache-2.0
#include "supervisor/agent.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
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

// For a child that runs in this process's memory; a page below it catches what
// would grow past its end.
class Stack {
 public:
  Stack()
      : memory_(mmap(nullptr, kSize, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {
    if (memory_ == MAP_FAILED) throw SysError(kStep, "mmap", "", errno);
    check(mprotect(memory_, kGuard, PROT_NONE), kStep, "mprotect");
  }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  ~Stack() { munmap(memory_, kSize); }
  void* top() const { return static_cast<char*>(memory_) + kSize; }

 private:
  static constexpr size_t kSize = 512 * 1024, kGuard = 4096;
  void* memory_;
};

struct AgentTask {
  const AgentTarget& target;
  const SlotEnvironment& environment;
  int socket;
};

// All that the child of one exec uses. It shares this process's memory until
// execve, as after vfork(2): a copy and the page faults that it brings cost as
// much as all its other steps. Its descriptors are its own copies.
struct ExecStart {
  const AgentTask& task;
  ExecPlan plan;
  InitContext context;
  LaunchMemory memory;
  pid_t pid = 0;  // written by the kernel before the child runs
  bool told = false;

  void tell() {
    sendMessage(task.socket, R"({"event":"spawned","pid":)" + std::to_string(pid) + "}");
    told = true;
  }
};

int execMain(void* argument) {
  auto& start = *static_cast<ExecStart*>(argument);
  int code;
  try {
    start.tell();
    close(start.task.socket);
    dieWithSupervisor(start.context.socket);
    runExec(start.plan, start.context, start.memory);
  } catch (const std::exception& error) {
    reportFailed(start.context.socket, asSysError(error, kStep));
    code = 125;
  }
  _exit(code);
}

// A child of the supervisor, which reaps it. Returns at its execve or its end.
void cloneExec(ExecStart& start, const Stack& stack) {
  failPoint("fork exec");
  constexpr int flags = CLONE_VM | CLONE_VFORK | CLONE_PARENT | CLONE_PARENT_SETTID;
  if (clone(execMain, stack.top(), flags, &start, &start.pid) >= 0) {
    if (!start.told) start.tell();  // it was killed before
    return;
  }
  const int saved = errno;
  throw SysError("fork exec", "clone", "", saved,
                 saved == EAGAIN ? "the container's pids limit is reached" : "");
}

void spawn(const AgentTask& task, const Stack& stack, const Message& request) {
  try {
    ExecPlan plan = readExecPlan(request.data);
    const std::string failPoint = plan.process.failPoint;
    ExecStart start{task, std::move(plan), {}, LaunchMemory(failPoint)};
    start.context.socket = request.fds.at(0).get();
    for (size_t i = 1; i < request.fds.size(); i++)
      start.context.stdio.emplace_back(request.fds[i].get());
    start.context.filters = task.environment.filters;
    start.context.rootless = task.environment.rootless;
    start.context.mayChangeGroups = task.environment.mayChangeGroups;
    // They are the request's; the child has closed its copies.
    const auto disown = [&start] {
      for (Fd& fd : start.context.stdio) fd.release();
    };
    try {
      cloneExec(start, stack);
    } catch (...) {
      disown();
      throw;
    }
    disown();
  } catch (const std::exception& error) {
    reportFailed(task.socket, asSysError(error, kStep));
  }
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
  const Stack stack;
  Message request;
  while (receiveMessage(task.socket, request, true) == Received::message) {
    if (takeFilter(request.data, *task.environment.filters)) continue;
    spawn(task, stack, request);
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
  return {std::move(child.pidfd), std::move(child.socket), false, environment.filters->size()};
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
