// SPDX-License-Identifier: Apache-2.0
// On i386 the socket and System V IPC calls can also be made through socketcall
// and ipc, whose first argument says which call is meant. A rule for "bind" has
// to cover both ways in.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "container/seccomp_rules.h"

namespace slipway {

struct MultiplexedCall {
  uint32_t syscall;  // number of socketcall or ipc
  uint32_t call;     // value of its first argument
};

std::optional<MultiplexedCall> multiplexedOnI386(std::string_view name);

// Adds to the rules of the multiplexer one for `call`. Conditions on arguments
// other than the first stay; the first says which call it is. As with a call of
// its own, the first rule without conditions wins over all others.
void addMultiplexed(SyscallRules& multiplexer, uint32_t call, const std::vector<ArgTest>& tests,
                    uint32_t verdict);

}  // namespace slipway
