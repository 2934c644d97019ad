// SPDX-License-Identifier: Apache-2.0
// /proc/PID of the caller by a way that nothing of the image can stand in.
#pragma once

#include <string_view>

#include "sys/fault.h"

namespace slipway {

// `proc` is the container's own mount below `root`, or a new one where there is
// another thing; `self` is O_PATH. Both are the caller's, -1 where they were not
// opened. System calls only.
Fault openProcSelf(int root, int& proc, int& self);

// Writes a small file below `self` in one write(2). System calls only.
Fault writeProcSelf(int self, const char* file, std::string_view text, const char* step);

}  // namespace slipway
