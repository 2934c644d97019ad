// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sched.h>

#include "init/report.h"
#include "supervisor/children.h"
#include "supervisor/supervisor.h"
#include "sys/failpoint.h"
#include "sys/kernel.h"

namespace slipway {
namespace {

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

}  // namespace

void Supervisor::exec(const Request& request, Message& message) {
  const json::Document document = json::parse(request.header);
  const std::string id = document.root().get<std::string>("id");
  Container& container = find(id);
  if (container.dead || !container.start.answered)
    throw SysError("exec", "", id, ESRCH, "the container is not running");
  if (container.paused || container.freezing != 0)
    throw SysError("exec", "", id, EBUSY, "the container is paused, unpause it before exec");
  container.closed = false;  // the descriptors of an exec are anybody's
  if (!container.agent) {
    AgentTarget target;
    target.initPidfd = container.slot.pidfd.get();
    target.namespaces = differentNamespaces(container.slot.pid);
    target.parent = container.slot.parent;
    target.cgroup = container.slot.name;
    container.agent = forkAgent(target, environment_);
    loop_.watch(container.agent->socket.get(), [this, id] { agentSaid(id); });
  }
  failPoint("ask agent");
  auto process = std::make_unique<ExecProcess>();
  process->id = document.root().get<std::string>("execId");
  process->request = request.number;
  document.root().read("filter", process->filter);
  requireFilter(process->filter);
  process->startedNs = monotonicNs();
  auto [mine, its] = messagePair();
  process->socket = std::move(mine);
  process->plan = request.body;
  process->report = std::move(its);
  process->stdio = std::move(message.fds);
  container.spawning.push_back(std::move(process));
  askNext(container);
}

// In the order of the requests; the rest when the agent has answered some.
void Supervisor::askNext(Container& container) {
  for (const auto& process : container.spawning) {
    if (process->asked) continue;
    if (!tellAgent(*container.agent, process->filter, filters_)) return;
    if (!askAgent(*container.agent, process->plan, process->report.get(), process->stdio)) return;
    process->asked = true;
    process->plan.clear();
    process->report.reset();
    process->stdio.clear();
  }
}

// Whether there may be more to hear.
bool Supervisor::agentSaid(const std::string& id) {
  Container& container = find(id);
  Message message;
  Received what = Received::message;
  std::optional<SysError> lost;
  try {
    what = receiveMessage(container.agent->socket.get(), message, false);
  } catch (const SysError& error) {
    lost = error;
  }
  if (what == Received::nothing) return false;
  if (what == Received::closed) {
    dropAgent(container);
    return false;
  }
  // It failed before it was asked: the end of its stream follows.
  if (container.spawning.empty()) return true;
  std::unique_ptr<ExecProcess> process = std::move(container.spawning.front());
  container.spawning.pop_front();
  askNext(container);
  if (lost) {
    // No descriptor was free for its pidfd.
    endBorn(loop_, bornPid(message.data),
            [this, request = process->request, error = *lost] { sendFailed(request, error); });
    return true;
  }
  if (message.fds.empty()) {
    const size_t error = message.data.find(R"("error":)");
    send(R"({"event":"failed","req":)" + std::to_string(process->request) + "," +
         message.data.substr(error));
    return true;
  }
  const json::Document document = json::parse(message.data);
  document.root().require("pid", process->pid);
  process->pidfd = std::move(message.fds[0]);
  const std::string execId = process->id;
  whenEnded(loop_, process->pidfd.get(),
            [this, id, execId](const ChildEnd& end) { execEnded(id, execId, end); });
  loop_.watchEnd(process->socket.get(), [this, id, execId] {
    while (execSaid(id, execId) == Received::message) {
    }
  });
  container.execs[execId] = std::move(process);
  return true;
}

// With a pid namespace of its own, a container's first process ends after all
// others were collected; without one they are killed here, and reportEnd waits.
void Supervisor::endExecs(Container& container) {
  const std::string id = container.id;
  while (container.agent && agentSaid(id)) {
  }
  if (container.agent) dropAgent(container);
  for (const auto& [execId, process] : container.execs)
    kernel::pidfdSendSignal(process->pidfd.get(), SIGKILL);
}

Received Supervisor::execSaid(const std::string& id, const std::string& execId) {
  ExecProcess& process = *find(id).execs.at(execId);
  const Received what = process.start.hear(process.socket.get(), process.pidfd.get());
  if (what == Received::closed) execReportEnded(process);
  return what;
}

void Supervisor::execReportEnded(ExecProcess& process) {
  loop_.unwatch(process.socket.get());
  process.socket.reset();
  if (process.start.failed) {
    send(R"({"event":"failed","req":)" + std::to_string(process.request) + R"(,"error":)" +
         process.start.failure + "}");
  } else if (process.start.ready) {
    sendStarted(process.request, process.pid, "", process.start);
  }
}

void Supervisor::execEnded(const std::string& id, const std::string& execId, const ChildEnd& end) {
  Container& container = find(id);
  ExecProcess& process = *container.execs.at(execId);
  // What it said before its end; nobody speaks after that.
  while (process.socket && execSaid(id, execId) == Received::message) {
  }
  if (process.socket) execReportEnded(process);
  if (process.start.answered) {
    json::Writer w;
    w.beginObject().field("event", "exited").field("id", id).field("execId", execId);
    writeEnd(w, end, process.startedNs);
    w.endObject();
    send(w.take());
  } else if (!process.start.failed) {
    sendFailed(process.request, SysError("exec", "execve", "", ECHILD,
                                         "the process was killed while it was starting"));
  }
  container.execs.erase(execId);
  if (container.dead && container.execs.empty()) reportEnd(container);
}

void Supervisor::dropAgent(Container& container) {
  loop_.unwatch(container.agent->socket.get());
  kernel::pidfdSendSignal(container.agent->pidfd.get(), SIGKILL);
  collectChild(loop_, std::move(container.agent->pidfd));
  container.agent.reset();
  for (const auto& process : container.spawning) {
    sendFailed(process->request,
               SysError("exec", "clone3", container.id, ESRCH,
                        "the container ended, or its memory limit killed the exec agent"));
  }
  container.spawning.clear();
}

}  // namespace slipway
