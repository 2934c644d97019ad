// SPDX-License-Identifier: Apache-2.0
// The second half of a container's start: from inside its root to execve.
#pragma once

#include "init/plan.h"
#include "init/report.h"
#include "init/steps.h"

namespace slipway {

// Looks up the user, drops rights, installs the filter and executes.
[[noreturn]] void launch(const ProcessPlan& plan, InitContext& context, StepClock& clock,
                         int procSelf);

// Docker's exit code for a start that failed.
int exitCodeOf(const char* syscall, int err);

}  // namespace slipway
