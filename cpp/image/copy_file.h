// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace slipway {

// Copies `size` bytes of a regular file into an empty one: shared blocks where
// the file system can, copied in the kernel otherwise, holes kept.
void copyFileContent(int from, int to, uint64_t size, const std::string& path);

}  // namespace slipway
