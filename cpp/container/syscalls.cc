// SPDX-License-Identifier: Apache-2.0
#include "container/syscalls.h"

#include <algorithm>

#include "container/syscalls_table.h"

namespace slipway {

namespace {

constexpr bool sortedByName() {
  return std::ranges::is_sorted(kSyscallTable, {}, &SyscallRow::name);
}
static_assert(sortedByName(), "the lookup halves the table by name");

}  // namespace

SyscallAbi nativeSyscallAbi() {
#if defined(__x86_64__) && !defined(__ILP32__)
  return SyscallAbi::kX86_64;
#elif defined(__aarch64__) && !defined(__ILP32__)
  return SyscallAbi::kAarch64;
#else
#error "seccomp: no system call numbers for this machine"
#endif
}

std::optional<uint32_t> syscallNumber(std::string_view name, SyscallAbi abi) {
  const auto row = std::ranges::lower_bound(kSyscallTable, name, {}, &SyscallRow::name);
  if (row == kSyscallTable.end() || row->name != name) return std::nullopt;
  const int number = row->number[static_cast<std::size_t>(abi)];
  if (number < 0) return std::nullopt;
  return static_cast<uint32_t>(number);
}

}  // namespace slipway
