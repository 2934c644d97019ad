// SPDX-License-Identifier: Apache-2.0
// What a compiled filter may answer to a call of this machine's own ABI, of which
// not every argument is known.
#pragma once

#include <linux/filter.h>

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>

namespace slipway {

struct AskedCall {
  long number = 0;
  std::array<std::optional<uint64_t>, 6> arguments{};  // without a value: anything
};

// SECCOMP_RET_* with their data.
std::set<uint32_t> possibleAnswers(std::span<const sock_filter> program, const AskedCall& call);

bool alwaysAllows(std::span<const sock_filter> program, const AskedCall& call);
// By an error, that is: the caller goes on.
bool alwaysRefuses(std::span<const sock_filter> program, const AskedCall& call);

}  // namespace slipway
