// SPDX-License-Identifier: Apache-2.0
// Conditions on system call arguments as filter nodes. BPF words have 32 bits,
// an argument has 64: it is compared by halves.
#pragma once

#include <cstdint>

#include "container/seccomp_program.h"
#include "container/seccomp_rules.h"

namespace slipway {

// The first conditional rule that holds, else `otherwise`.
SeccompProgram::Node buildConditions(SeccompProgram& program, const SyscallRules& rules,
                                     SyscallAbi abi, SeccompProgram::Node otherwise);

}  // namespace slipway
