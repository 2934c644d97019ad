// SPDX-License-Identifier: Apache-2.0
// Process 1 of a container that asked for an init (docker run --init). It is
// the helper executed once more: a fork would carry the supervisor's memory,
// with the environment of other containers, where CAP_SYS_PTRACE can read it.
#pragma once

#include <string>

#include "container/process.h"

namespace slipway {

// Executes the init, which then runs `program`. `self` is the helper's own file.
[[noreturn]] void execInit(int self, int socket, const std::string& program, const Program& its);

// main() of that init, with the arguments execInit gave it: forks the program,
// stays as process 1, passes signals on, reaps orphans and ends with the
// program's code. The socket ends with the program's exec, or tells its failure.
[[noreturn]] void runInit(int argc, char** argv);

}  // namespace slipway
