// SPDX-License-Identifier: Apache-2.0
// The last steps of a start, the same for a container's first process and for an
// exec: all that they need is prepared first, and the steps themselves are
// system calls only. So a process that shares its memory with another
// (supervisor/agent.h) can make them, and may be killed anywhere on the way.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "container/capabilities.h"
#include "container/limits.h"
#include "container/process.h"
#include "container/seccomp.h"
#include "container/user.h"
#include "init/plan.h"
#include "sys/fault.h"

namespace slipway {

struct Departure {
  Identity identity;
  bool setGroups = true;  // setgroups(2) is denied where a single id is mapped
  bool terminal = false;  // on 0 1 2
  unsigned pipes = 0;     // bits of those of 0 1 2 that the engine made
  ProcessLimits limits;
  Workdir workdir;
  std::string apparmor, selinux;  // as the kernel reads them; empty: none
  bool limited = false;           // in its capabilities, to `sets`
  CapabilitySets own, sets;
  std::optional<mode_t> umask;
  bool keyring = true;  // a new one
  bool noNewPrivileges = false;
  std::optional<SeccompFilter> filter;
  Program program;
  std::string failPoint;  // the step that fails (tests)
};

// In the order they are made.
inline constexpr std::array kDepartureSteps{"limit process", "enter working folder", "drop rights",
                                            "find program"};
using DepartureTimes = std::array<uint64_t, kDepartureSteps.size()>;  // nanoseconds

// `root` is the container's, O_PATH. Throws.
Departure prepareDeparture(const ProcessPlan& plan, const SeccompFilters* filters, int root,
                           bool setGroups);

// Makes those steps. `procSelf` is /proc/PID of the caller, or -1 where
// needsProcSelf says so. System calls only, as all below.
bool needsProcSelf(const Departure& departure);
Fault depart(const Departure& departure, int socket, int procSelf, DepartureTimes& times,
             const char*& program);

// What comes last: what a process may do no more with a filter.
Fault dropLastRights(const Departure& departure);

// Where the step is the one that is to fail.
Fault faultAsked(const Departure& departure, const char* step);

}  // namespace slipway
