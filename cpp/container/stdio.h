// SPDX-License-Identifier: Apache-2.0
// What becomes 0, 1 and 2 of a process. System calls only.
#pragma once

#include <span>

#include "sys/fault.h"

namespace slipway {

// Up to three descriptors, none of them 0 to 2.
Fault adoptStdio(std::span<const int> fds);

// The process must lead a session that has no terminal yet.
Fault adoptTerminal(int peer);

}  // namespace slipway
