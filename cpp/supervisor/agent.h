// SPDX-License-Identifier: Apache-2.0
// The exec agent of a container: a small process that lives in the container's
// cgroup and its namespaces but the pid one, made at the first exec, from which
// all execs are forked. So no exec waits for a write to cgroup.procs.
#pragma once

#include <string>

#include "container/cgroup.h"
#include "supervisor/slot.h"
#include "sys/fd.h"

namespace slipway {

struct Agent {
  Fd pidfd, socket;
  uint64_t filtersKnown = 0;  // up to which number
};

struct AgentTarget {
  int initPidfd = -1;
  unsigned namespaces = 0;  // CLONE_NEW* the container does not share with us
  std::shared_ptr<CgroupParent> parent;
  std::string cgroup;
};

Agent forkAgent(const AgentTarget& target, const SlotEnvironment& environment);

// Asks the agent for a process; `report` and the stdio fds go to it. The agent
// answers on its socket with {"event":"spawned","pid":n} and the pidfd, or
// {"event":"failed"}. The new process is a child of the supervisor. False while
// the agent has more to do than its socket holds.
bool askAgent(const Agent& agent, const std::string& plan, int report,
              const std::vector<Fd>& stdio);
// The same for what the plan names: it comes first.
bool tellAgent(Agent& agent, uint64_t number, const SeccompFilters& filters);

}  // namespace slipway
