// SPDX-License-Identifier: Apache-2.0
// The descriptor table of a process about to enter a container.
#pragma once

#include <span>
#include <vector>

#include "sys/fault.h"

namespace slipway {

inline constexpr unsigned kCloseRangeCloexec = 4;  // of close_range(2), 5.11

// Closes every descriptor but 0, 1, 2 and those in `kept`. `procSelf` is /proc/PID
// of the caller where /proc is not to be trusted.
void closeAllBut(std::vector<int> kept, int procSelf = -1);

// The same where the kernel has close_range(2), with `kept` in order. System calls only.
Fault closeRangesBut(std::span<const int> kept);

// Marks every descriptor from 3 on to be closed by the next execve.
void closeAllOnExec(int procSelf, const char* step);

// The same for descriptors from `first` on, without close_range(2): one call for
// each. System calls only, for a child that shares memory with threads; -1 with errno.
int closeOnExecFrom(int first, int procSelf = -1);

}  // namespace slipway
