// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <utility>

#include "init/report.h"
#include "supervisor/children.h"
#include "supervisor/supervisor.h"
#include "sys/kernel.h"

namespace slipway {

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
  if (killed && successor == Successor::wanted) return askNext(container);
  failUnasked(container, failure);
}

void Supervisor::failUnasked(Container& container, const std::string& failure) {
  for (const std::string& execId : std::exchange(container.unasked, {})) {
    container.execs.at(execId)->lost = failure;
    failExec(container, execId);
  }
}

void Supervisor::dropAgent(Container& container) {
  kernel::pidfdSendSignal(container.agent->pidfd.get(), SIGKILL);
  leaveAgent(container);
}

// It does what it was asked for, and ends with its socket.
void Supervisor::retireAgent(Container& container) {
  container.hasRetired = true;
  container.retired = container.agent->pid;
  leaveAgent(container);
}

void Supervisor::leaveAgent(Container& container) {
  loop_.unwatch(container.agent->socket.get());
  loop_.unwatch(container.agent->pidfd.get());
  const auto collected = [this, id = container.id, pid = container.agent->pid] {
    agents_.erase(pid);
    const auto found = containers_.find(id);
    if (found != containers_.end() && found->second->retired == pid) found->second->retired = 0;
  };
  collectChild(loop_, std::move(container.agent->pidfd), collected);
  container.agent.reset();
}

// One that was asked for much, and not served all yet.
void Supervisor::killRetired(const Container& container) {
  if (container.retired != 0) ::kill(container.retired, SIGKILL);
}

}  // namespace slipway
