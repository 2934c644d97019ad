// SPDX-License-Identifier: Apache-2.0
// Choice by system call number: neighbours with one verdict become a range and
// the ranges a search tree.
#pragma once

#include <cstdint>
#include <map>

#include "container/seccomp_program.h"

namespace slipway {

// The accumulator holds the number. `base` is the first number of the ABI.
SeccompProgram::Node buildNumberTree(SeccompProgram& program,
                                     const std::map<uint32_t, SeccompProgram::Node>& targets,
                                     SeccompProgram::Node fallback, uint32_t base);

}  // namespace slipway
