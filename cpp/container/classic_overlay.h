// SPDX-License-Identifier: Apache-2.0
// An overlay by mount(2), for kernels before 6.7, where fsconfig(2) does not take
// the layers one by one.
#pragma once

#include <string>
#include <vector>

#include "sys/fd.h"

namespace slipway {

struct ClassicOptions {
  bool isVolatile, userxattr, idmapped;
};

// Mounted on `dir` for a moment, in the private mount namespace of the caller;
// what is returned is detached.
Fd classicOverlay(const std::vector<Fd>& lower, const Fd& upper, const Fd& work,
                  ClassicOptions options, const std::string& dir);

}  // namespace slipway
