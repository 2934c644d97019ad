// SPDX-License-Identifier: Apache-2.0
// What a process is given on purpose: resource limits, priority, personality.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spec/spec.h"
#include "sys/fault.h"

namespace slipway {

// sched_setattr(2); the C library has no wrapper.
struct SchedAttr {
  uint32_t size = sizeof(SchedAttr), policy = 0;
  uint64_t flags = 0;
  int32_t nice = 0;
  uint32_t priority = 0;
  uint64_t runtime = 0, deadline = 0, period = 0;
};

// As the kernel takes them.
struct ProcessLimits {
  struct Resource {
    int number = 0;
    rlimit64 value{};
    std::string name;
  };
  std::string oomScoreAdj;  // empty: as it is
  std::optional<SchedAttr> scheduler;
  std::optional<int> ioPriority;
  std::string policy, ioClass;  // for what fails
  std::vector<Resource> resources;
};

// Throws where a name is none that the kernel knows.
ProcessLimits prepareLimits(const spec::Process& process);

// `procSelf` is /proc/PID of the caller, of use only to `oomScoreAdj`. System calls only.
Fault applyLimits(const ProcessLimits& limits, int procSelf);

void applyPersonality(const spec::Personality& personality);

}  // namespace slipway
