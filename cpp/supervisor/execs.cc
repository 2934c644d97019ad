// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <utility>

#include "init/report.h"
#include "supervisor/children.h"
#include "supervisor/supervisor.h"
#include "sys/failpoint.h"
#include "sys/kernel.h"

namespace slipway {
namespace {

ino_t inodeOf(int socket) {
  struct stat its;
  check(fstat(socket, &its), "exec", "fstat");
  return its.st_ino;
}

}  // namespace

void Supervisor::exec(const Request& request, Message& message) {
  const json::Document document = json::parse(request.header);
  const std::string id = document.root().get<std::string>("id");
  Container& container = find(id);
  if (container.dead || container.ending || !container.start.answered)
    throw SysError("exec", "", id, ESRCH, "the container is not running");
  if (container.paused || container.freezing != 0)
    throw SysError("exec", "", id, EBUSY, "the container is paused, unpause it before exec");
  container.closed = false;  // the descriptors of an exec are anybody's
  bool traces = true;
  document.root().read("mayTrace", traces);
  container.traced = container.traced || traces;
  failPoint("ask agent");
  auto process = std::make_unique<ExecProcess>();
  process->id = document.root().get<std::string>("execId");
  process->request = request.number;
  document.root().read("filter", process->filter);
  requireFilter(process->filter);
  process->startedNs = monotonicNs();
  auto [mine, its] = messagePair();
  askSender(mine.get());
  process->reportInode = inodeOf(its.get());
  process->socket = std::move(mine);
  process->plan = request.body;
  process->report = std::move(its);
  process->stdio = std::move(message.fds);
  const std::string execId = process->id;
  const auto said = [this, id, execId] {
    execSaid(id, execId);
    endOf(id);
  };
  loop_.watchEnd(process->socket.get(), said, guard(id));
  container.execs[execId] = std::move(process);
  container.unasked.push_back(execId);
  askNext(container);
}

// Takes all that a new process has told so far.
Received Supervisor::hearExec(const Container& container, ExecProcess& process) {
  failPoint("hear exec");
  Received what = Received::message;
  while (what == Received::message) {
    what = process.start.hear(process.socket.get(), process.pidfd.get());
    if (process.start.sender == 0 || process.pid != 0) continue;
    execBorn(container, process);
    if (!process.socket) return Received::nothing;
  }
  return what;
}

// It may be no more afterwards.
void Supervisor::execSaid(const std::string& id, const std::string& execId) {
  Container& container = find(id);
  ExecProcess& process = *container.execs.at(execId);
  if (hearExec(container, process) == Received::closed) execReportEnded(container, process);
}

// It is a child of ours, so that its number stays its own until it is collected.
void Supervisor::execBorn(const Container& container, ExecProcess& process) {
  process.pid = process.start.sender;
  untold_.erase(process.pid);
  process.pidfd.reset(kernel::pidfdOpen(process.pid));
  const std::string id = container.id, execId = process.id;
  if (!process.pidfd) {
    if (!process.killed) sendFailed(process.request, SysError("exec", "pidfd_open", id, errno));
    loop_.unwatch(process.socket.get());
    process.socket.reset();
    const auto ended = [this, id, execId] {
      find(id).execs.erase(execId);
      endOf(id);
    };
    // Later: the caller still looks at the process.
    const auto end = [this, id, pid = process.pid, ended] {
      endBorn(loop_, pid, ended, guard(id));
    };
    return loop_.after(0, end, guard(id));
  }
  // The container has ended, or a terminal found no descriptor.
  if (container.dead || container.ending || process.start.failed || process.killed)
    kernel::pidfdSendSignal(process.pidfd.get(), SIGKILL);
  const auto ended = [this, id, execId](const ChildEnd& end) {
    execEnded(id, execId, end);
    endOf(id);
  };
  whenEnded(loop_, process.pidfd.get(), ended, guard(id));
}

void Supervisor::execReportEnded(Container& container, ExecProcess& process) {
  const bool told = process.start.failed || process.start.ready;
  // Why there is none the agent may have told.
  if (!told && container.agent) agentSaid(container);
  loop_.unwatch(process.socket.get());
  process.socket.reset();
  // One that was never known is done with; the others end first.
  std::unique_ptr<ExecProcess> owned;
  if (process.pid == 0) {
    owned = std::move(container.execs.at(process.id));
    container.execs.erase(owned->id);
  }
  if (process.killed) {
    // Answered.
  } else if (process.start.failed) {
    send(R"({"event":"failed","req":)" + std::to_string(process.request) + R"(,"error":)" +
         process.start.failure + "}");
  } else if (process.start.ready) {
    answerExec(process);
  } else {
    sendLost(process);
  }
  if (owned) collectUntold();
}

// Its terminal may find no room on the way to Node.
void Supervisor::answerExec(ExecProcess& process) {
  try {
    sendStarted(process.request, process.pid, "", process.start);
  } catch (const SysError& error) {
    process.start.failed = true;
    kernel::pidfdSendSignal(process.pidfd.get(), SIGKILL);
    sendFailed(process.request, error);
  }
}

void Supervisor::failExec(Container& container, const std::string& execId) {
  const ExecProcess& process = *container.execs.at(execId);
  loop_.unwatch(process.socket.get());
  if (!process.killed) sendLost(process);
  container.execs.erase(std::string(execId));
}

void Supervisor::sendLost(const ExecProcess& process) {
  const SysError killed("exec", "execve", "", ECHILD,
                        "the process was killed while it was starting");
  const std::string& error = process.lost.empty() ? errorJson(killed) : process.lost;
  send(R"({"event":"failed","req":)" + std::to_string(process.request) + R"(,"error":)" + error +
       "}");
}

// With a pid namespace of its own, a container's first process ends after all
// others were collected; without one they are killed here, and reportEnd waits.
void Supervisor::endExecs(Container& container) {
  if (container.agent) agentEnded(container, Successor::none);
  killRetired(container);
  std::vector<std::string> ids;
  ids.reserve(container.execs.size());
  for (const auto& [execId, process] : container.execs) ids.push_back(execId);
  for (const std::string& execId : ids) {
    ExecProcess& process = *container.execs.at(execId);
    if (process.pidfd) {
      kernel::pidfdSendSignal(process.pidfd.get(), SIGKILL);
    } else if (process.socket) {
      // From now on to be killed as soon as it tells of itself.
      loop_.unwatch(process.socket.get());
      const auto said = [this, id = container.id, execId] {
        execSaid(id, execId);
        endOf(id);
      };
      loop_.watch(process.socket.get(), said, guard(container.id));
      execSaid(container.id, execId);
    }
  }
}

void Supervisor::execEnded(const std::string& id, const std::string& execId, const ChildEnd& end) {
  Container& container = find(id);
  ExecProcess& process = *container.execs.at(execId);
  // What it said before its end; nobody speaks after that.
  if (process.socket) hearExec(container, process);
  if (process.socket) execReportEnded(container, process);
  if (process.start.answered) {
    json::Writer w;
    w.beginObject().field("event", "exited").field("id", id).field("execId", execId);
    writeEnd(w, end, process.startedNs);
    w.endObject();
    send(w.take());
  }
  container.execs.erase(execId);
}

// The end of a container waits for its execs.
void Supervisor::endOf(const std::string& id) {
  const auto found = containers_.find(id);
  if (found == containers_.end()) return;
  Container& container = *found->second;
  if (!container.dead || !container.execs.empty() || std::exchange(container.ended, true)) return;
  reportEnd(container);
}

}  // namespace slipway
