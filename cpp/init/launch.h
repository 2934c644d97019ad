// SPDX-License-Identifier: Apache-2.0
// The second half of the start, the same for a container's first process and
// for exec: from inside the container's root to execve.
#pragma once

#include "init/plan.h"
#include "init/report.h"
#include "init/steps.h"

namespace slipway {

// Looks up the user, drops rights, installs the filter and executes. Does not
// return.
[[noreturn]] void launch(ProcessPlan& plan, InitContext& context, StepClock& clock, int procSelf);

// Docker's exit code for a start that failed.
int exitCodeOf(const SysError& error);

}  // namespace slipway
