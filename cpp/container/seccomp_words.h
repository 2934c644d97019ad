// SPDX-License-Identifier: Apache-2.0
// The SCMP_* words of linux.seccomp. An unknown one throws EINVAL and is named.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "container/syscalls.h"

namespace slipway {

enum class ArgOp : uint8_t { kNe, kLt, kLe, kEq, kGe, kGt, kMaskedEq };

// SECCOMP_RET_* with the errno as its data, EPERM unless given.
uint32_t verdictOf(const std::string& action, std::optional<uint32_t> errnoRet);

ArgOp argOpOf(const std::string& name);

// Empty for a machine whose processes cannot reach this kernel.
std::optional<SyscallAbi> abiOf(const std::string& architecture);

[[noreturn]] void refuseSeccomp(const std::string& what, const std::string& hint);

}  // namespace slipway
