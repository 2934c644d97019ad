// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>

#include <limits>

#include "supervisor/strays.h"
#include "supervisor/supervisor.h"

namespace slipway {

// A process killed before it told anything is known to nobody, and a pid
// namespace does not end before it is collected.
void Supervisor::collectUntold() {
  const std::vector<pid_t> children = silentChildren();
  hearBirths();
  for (const pid_t pid : children) {
    if (isKnown(pid)) continue;
    untold_.insert(pid);
    loop_.until([this, pid] { return collected(pid); }, std::numeric_limits<int>::max(),
                [this, pid](bool) { untold_.erase(pid); });
  }
}

// Or known by now. What it told before its end is heard first: its exit code is
// then for somebody.
bool Supervisor::collected(pid_t pid) {
  if (!untold_.contains(pid)) return true;
  siginfo_t end{};
  const int looking = WEXITED | WNOHANG | WNOWAIT | __WALL;
  if (waitid(P_PID, static_cast<id_t>(pid), &end, looking) == 0 && end.si_pid == 0) return false;
  hearBirths();
  return !untold_.contains(pid) || waitpid(pid, nullptr, __WALL | WNOHANG) != 0;
}

void Supervisor::hearBirths() {
  for (const auto& [id, container] : containers_) {
    for (const auto& [execId, process] : container->execs) {
      if (process->socket && process->pid == 0) hearExec(*container, *process);
    }
  }
}

bool Supervisor::isKnown(pid_t pid) const {
  if (agents_.contains(pid) || untold_.contains(pid)) return true;
  for (const auto& [id, container] : containers_) {
    for (const auto& [execId, process] : container->execs) {
      if (process->pid == pid) return true;
    }
  }
  return false;
}

}  // namespace slipway
