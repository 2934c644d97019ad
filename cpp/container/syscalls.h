// SPDX-License-Identifier: Apache-2.0
// System call numbers by name for every ABI a seccomp filter can meet on the
// machines supported. Parent side only: the filter itself holds numbers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace slipway {

// In the column order of the table.
enum class SyscallAbi : uint8_t { kX86_64, kI386, kX32, kAarch64, kArm };
inline constexpr std::size_t kSyscallAbis = 5;

// Numbers of x32 carry this bit, in the table too.
inline constexpr uint32_t kX32SyscallBit = 0x40000000;

struct SyscallRow {
  std::string_view name;
  std::array<int, kSyscallAbis> number;  // -1: the ABI has no such call
};

// Whether arguments have 64 bits. Those of x32 do in the kernel's eyes, but its
// callers pass 32.
constexpr bool isWide(SyscallAbi abi) {
  return abi == SyscallAbi::kX86_64 || abi == SyscallAbi::kAarch64;
}

// The ABI of this process.
SyscallAbi nativeSyscallAbi();

std::optional<uint32_t> syscallNumber(std::string_view name, SyscallAbi abi);

}  // namespace slipway
