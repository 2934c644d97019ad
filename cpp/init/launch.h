// SPDX-License-Identifier: Apache-2.0
// The second half of the start, the same for a container's first process and
// for exec: from inside the container's root to execve.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "container/user.h"
#include "init/plan.h"
#include "init/report.h"

namespace slipway {

struct InitContext;

// What is there at execve. It is the caller's, so that nothing is lost when the
// process shares its caller's memory until then (vfork(2)).
struct LaunchMemory {
  explicit LaunchMemory(std::string failPoint) : clock(std::move(failPoint)) {}

  StepClock clock;
  Identity identity;
  std::string program;
  std::vector<char*> argv, envp;
};

// Looks up the user, drops rights, installs the filter and executes. Does not
// return.
[[noreturn]] void launch(ProcessPlan& plan, InitContext& context, LaunchMemory& memory,
                         int procSelf);

// Docker's exit code for a start that failed.
int exitCodeOf(const SysError& error);

}  // namespace slipway
