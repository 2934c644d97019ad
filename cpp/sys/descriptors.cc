// SPDX-License-Identifier: Apache-2.0
#include "sys/descriptors.h"

#include <algorithm>

#include "sys/error.h"
#include "sys/kernel.h"

namespace slipway {

void closeAllBut(std::vector<int> kept) {
  constexpr const char* step = "close descriptors";
  std::sort(kept.begin(), kept.end());
  unsigned low = 3;
  for (const int fd : kept) {
    const unsigned next = static_cast<unsigned>(fd);
    if (next > low) check(kernel::closeRange(low, next - 1, 0), step, "close_range");
    low = std::max(low, next + 1);
  }
  check(kernel::closeRange(low, ~0u, 0), step, "close_range");
}

}  // namespace slipway
