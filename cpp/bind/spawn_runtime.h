// SPDX-License-Identifier: Apache-2.0
// Starts slipway-runtime from a sealed copy in memory; on any thread.
#pragma once

#include <sys/types.h>

#include <string>

#include "sys/fd.h"

namespace slipway::bind {

inline constexpr const char* kLaunchStep = "launch supervisor";

struct Launched {
  Fd socket, pidfd;
  pid_t pid = 0;
};

Launched launchRuntime(const std::string& path);

}  // namespace slipway::bind
