// SPDX-License-Identifier: Apache-2.0
// Paths of the container that are hidden or made read-only (runtime-spec
// "maskedPaths" and "readonlyPaths").
#pragma once

#include <string>
#include <vector>

#include "sys/fd.h"

namespace slipway {

// `nullDevice` is the machine's /dev/null, opened before anything of the image
// was reachable, and checked to be device 1:3.
Fd openNullDevice();
void maskPaths(int root, const std::vector<std::string>& paths, int nullDevice);
void protectPaths(int root, const std::vector<std::string>& paths);

}  // namespace slipway
