// SPDX-License-Identifier: Apache-2.0
// Execs that are to be killed before they told of themselves: their agent has not
// come to them, or the container has stopped them before their first word.
#include <signal.h>

#include "supervisor/strays.h"
#include "supervisor/supervisor.h"

namespace slipway {
namespace {

constexpr int kLookAgainMs = 100;

}  // namespace

// Who asked waits no longer.
void Supervisor::killUnborn(Container& container, ExecProcess& process) {
  if (process.killed) return;
  if (!process.asked()) {
    std::erase(container.unasked, process.id);
    return failExec(container, process.id);
  }
  sendLost(process);
  process.killed = true;
  // Without root nobody may look; it then ends with its first word, or with the
  // container.
  if (!settings_.rootless) lookForUnborn(container.id, process.id);
}

// It may also be born only now, and be stopped at once.
void Supervisor::lookForUnborn(const std::string& id, const std::string& execId) {
  const auto container = containers_.find(id);
  if (container == containers_.end()) return;
  const auto found = container->second->execs.find(execId);
  if (found == container->second->execs.end()) return;
  const ExecProcess& process = *found->second;
  if (process.pid != 0 || !process.socket) return;
  for (const pid_t pid : silentChildren()) {
    // Collected by nobody yet, it has its number to itself. Its agent may hold the
    // socket, too.
    if (!agents_.contains(pid) && holdsSocket(pid, process.reportInode)) ::kill(pid, SIGKILL);
  }
  loop_.after(kLookAgainMs, [this, id, execId] { lookForUnborn(id, execId); }, guard(id));
}

}  // namespace slipway
