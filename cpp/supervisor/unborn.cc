// SPDX-License-Identifier: Apache-2.0
// Execs that are to be killed before they told of themselves: their agent has not
// come to them, or the container has stopped them before their first word.
#include <signal.h>

#include <algorithm>

#include "supervisor/strays.h"
#include "supervisor/supervisor.h"
#include "sys/kernel.h"

namespace slipway {

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
  if (settings_.rootless) return;
  for (const pid_t pid : silentChildren()) {
    // Collected by nobody yet, it has its number to itself.
    if (!isKnown(pid) && holdsSocket(pid, process.reportInode)) ::kill(pid, SIGKILL);
  }
}

}  // namespace slipway
