// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>

#include <limits>
#include <utility>

#include "supervisor/strays.h"
#include "supervisor/supervisor.h"

namespace slipway {
namespace {

constexpr int kLookAgainMs = 100;

}  // namespace

// A process killed before it told anything is known to nobody, and a pid
// namespace does not end before it is collected.
void Supervisor::collectUntold() {
  try {
    lookForUntold();
  } catch (const SysError&) {
    // No descriptor was free to look with.
    loop_.after(kLookAgainMs, [this] { collectUntold(); });
  }
}

void Supervisor::lookForUntold() {
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
  std::vector<std::pair<std::string, std::string>> silent;
  for (const auto& [id, container] : containers_) {
    for (const auto& [execId, process] : container->execs) {
      if (process->socket && process->pid == 0) silent.emplace_back(id, execId);
    }
  }
  // What fails with one ends its container, and changes what is gone through here.
  for (const auto& [id, execId] : silent) {
    const auto container = containers_.find(id);
    if (container == containers_.end()) continue;
    const auto process = container->second->execs.find(execId);
    if (process == container->second->execs.end() || !process->second->socket) continue;
    try {
      hearExec(*container->second, *process->second);
    } catch (const SysError& error) {
      containerFailed(id, error);
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
