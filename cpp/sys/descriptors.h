// SPDX-License-Identifier: Apache-2.0
// The descriptor table of a process about to enter a container.
#pragma once

#include <vector>

namespace slipway {

// Closes every descriptor but 0, 1, 2 and those in `kept`.
void closeAllBut(std::vector<int> kept);

}  // namespace slipway
