// SPDX-License-Identifier: Apache-2.0
// What fails while the engine serves one container is the end of that container
// and of no other. Only its own channel to Node ends the engine.
#include <signal.h>

#include "init/report.h"
#include "supervisor/cleanup.h"
#include "supervisor/supervisor.h"
#include "sys/kernel.h"

namespace slipway {
namespace {

SysError naming(SysError error, const std::string& id) {
  error.hint += (error.hint.empty() ? "container " : ", container ") + id + " was ended";
  return error;
}

}  // namespace

Loop::Guard Supervisor::guard(const std::string& id) {
  return [this, id](const std::exception& error) {
    containerFailed(id, asSysError(error, "serve container"));
  };
}

// By its id and not by a watch of its pidfd, which may be what failed.
void Supervisor::containerFailed(const std::string& id, const SysError& error) {
  const auto found = containers_.find(id);
  if (found == containers_.end()) return sendWarning("serve", naming(error, id));
  Container& container = *found->second;
  tellFailure(container, error);
  endAllExecs(container);
  if (container.dead) {
    if (!container.execs.empty()) return;
    container.ended = true;
    return finishEnd(id, endReport(container), 0);
  }
  // One that is not born yet finds itself here again.
  if (container.slot.pid == 0 || std::exchange(container.ending, true)) return;
  Attempts attempts;
  attempts.make([&] {
    check(kernel::pidfdSendSignal(container.slot.pidfd.get(), SIGKILL), "kill", "pidfd_send_signal",
          id);
  });
  attempts.make([&] { thawKilled(container); });
  if (attempts.failure()) sendWarning("serve", naming(*attempts.failure(), id));
  const auto ended = [this, id] {
    ChildEnd end;
    end.signal = SIGKILL;
    end.exitCode = 128 + SIGKILL;
    end.endedNs = monotonicNs();
    containerEnded(id, end);
  };
  loop_.unwatch(container.slot.pidfd.get());
  endBorn(loop_, container.slot.pid, ended, guard(id));
}

// Also those that the agent has made and not been heard of: as long as one is not
// collected, no first process of a pid namespace ends.
void Supervisor::endAllExecs(Container& container) {
  try {
    endExecs(container);
  } catch (const std::exception& error) {
    const SysError failure = naming(asSysError(error, "end execs"), container.id);
    sendWarning("serve", failure);
    if (container.agent) dropAgent(container);
    killRetired(container);
    failUnasked(container, errorJson(failure));
  }
}

// The answer of a start carries it; nobody waits for an answer later on.
void Supervisor::tellFailure(Container& container, const SysError& error) {
  if (container.start.answered) return sendWarning("serve", naming(error, container.id));
  if (container.start.failed) return;
  container.start.failed = true;
  container.start.failure = errorJson(error);
}

// A v1 freezer holds even SIGKILL back, whoever has frozen it.
void Supervisor::thawKilled(Container& container) {
  if (!container.slot.parent) return;
  Cgroup cgroup = Cgroup::open(container.slot.parent, container.slot.name);
  if (cgroup.isFrozen()) cgroup.thaw();
  container.paused = false;
  container.freezing = 0;
}

}  // namespace slipway
