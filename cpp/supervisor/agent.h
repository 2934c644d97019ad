// SPDX-License-Identifier: Apache-2.0
// The exec agent of a container: a small process that lives in the container's
// cgroup and its namespaces but the pid one, made at the first exec, from which
// all execs are forked. So no exec waits for a write to cgroup.procs.
#pragma once

#include <string>
#include <string_view>

#include "container/cgroup.h"
#include "supervisor/slot.h"
#include "sys/fd.h"

namespace slipway {

struct Agent {
  Fd pidfd, socket;
  pid_t pid = 0;
  uint64_t filtersKnown = 0;  // up to which number
  uint64_t worn = 0;          // the filter that all it bears have; 0: none

  bool bears(uint64_t filter) const { return worn == 0 || worn == filter; }
};

struct AgentTarget {
  int initPidfd = -1;
  unsigned namespaces = 0;  // CLONE_NEW* the container does not share with us
  std::shared_ptr<CgroupParent> parent;
  std::string cgroup;
  uint64_t worn = 0;  // a filter that may be (supervisor/worn_filter.h)
};

// A failure to enter the container is told on its socket, as `failed`.
Agent forkAgent(const AgentTarget& target, const SlotEnvironment& environment);

// What the agent is asked for: a process that tells over `report` what
// init/report.h says, and is a child of the supervisor, as which the kernel names
// it beside what it tells. The agent tells there what fails before it is born.
struct ExecOrder {
  std::string_view plan;
  int report;
  const std::vector<Fd>& stdio;
  bool alone;  // it shares no memory with the agent: others may look into it
};

// False while the agent has more to do than its socket holds.
bool askAgent(const Agent& agent, const ExecOrder& order);
// The same for what the plan names: it comes first.
bool tellAgent(Agent& agent, uint64_t number, const SeccompFilters& filters);

}  // namespace slipway
