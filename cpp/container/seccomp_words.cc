// SPDX-License-Identifier: Apache-2.0
#include "container/seccomp_words.h"

#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "sys/error.h"

namespace slipway {

namespace {

constexpr uint32_t kMaxErrno = 4095;  // the kernel cuts larger ones down to this

struct Action {
  std::string_view name;
  uint32_t verdict;
  uint32_t highestData = 0;  // 0: takes no errnoRet
};

constexpr std::array<Action, 9> kActions{{
    {"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
    {"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
    {"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD},
    {"SCMP_ACT_TRAP", SECCOMP_RET_TRAP},
    {"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO, kMaxErrno},
    {"SCMP_ACT_TRACE", SECCOMP_RET_TRACE, SECCOMP_RET_DATA},
    {"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW},
    {"SCMP_ACT_LOG", SECCOMP_RET_LOG},
    {"SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF},
}};

constexpr std::array<std::pair<std::string_view, ArgOp>, 7> kOps{{
    {"SCMP_CMP_NE", ArgOp::kNe},
    {"SCMP_CMP_LT", ArgOp::kLt},
    {"SCMP_CMP_LE", ArgOp::kLe},
    {"SCMP_CMP_EQ", ArgOp::kEq},
    {"SCMP_CMP_GE", ArgOp::kGe},
    {"SCMP_CMP_GT", ArgOp::kGt},
    {"SCMP_CMP_MASKED_EQ", ArgOp::kMaskedEq},
}};

constexpr std::array<std::pair<std::string_view, SyscallAbi>, kSyscallAbis> kArchitectures{{
    {"SCMP_ARCH_X86_64", SyscallAbi::kX86_64},
    {"SCMP_ARCH_X86", SyscallAbi::kI386},
    {"SCMP_ARCH_X32", SyscallAbi::kX32},
    {"SCMP_ARCH_AARCH64", SyscallAbi::kAarch64},
    {"SCMP_ARCH_ARM", SyscallAbi::kArm},
}};

// Valid words of the OCI text for machines on which this program does not run:
// no process of theirs can reach the filter, so they add nothing to it.
constexpr std::array<std::string_view, 18> kForeignArchitectures{
    "SCMP_ARCH_MIPS",     "SCMP_ARCH_MIPS64",      "SCMP_ARCH_MIPS64N32",   "SCMP_ARCH_MIPSEL",
    "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",         "SCMP_ARCH_PPC64",
    "SCMP_ARCH_PPC64LE",  "SCMP_ARCH_S390",        "SCMP_ARCH_S390X",       "SCMP_ARCH_PARISC",
    "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",     "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K",
    "SCMP_ARCH_SH",       "SCMP_ARCH_SHEB",
};

uint32_t dataOf(const Action& action, std::optional<uint32_t> errnoRet) {
  if (action.highestData == 0) {
    if (errnoRet) refuseSeccomp(std::string(action.name), "this action takes no errnoRet");
    return 0;
  }
  const uint32_t data = errnoRet.value_or(EPERM);
  if (data > action.highestData) {
    refuseSeccomp(std::string(action.name), "errnoRet " + std::to_string(data) + " is above " +
                                                std::to_string(action.highestData));
  }
  return data;
}

}  // namespace

void refuseSeccomp(const std::string& what, const std::string& hint) {
  throw SysError("seccomp", "compile", what, EINVAL, hint);
}

uint32_t verdictOf(const std::string& name, std::optional<uint32_t> errnoRet) {
  const auto found = std::ranges::find(kActions, name, &Action::name);
  if (found == kActions.end()) refuseSeccomp(name, "unknown seccomp action");
  return found->verdict | dataOf(*found, errnoRet);
}

ArgOp argOpOf(const std::string& name) {
  const auto found = std::ranges::find(kOps, name, [](const auto& op) { return op.first; });
  if (found == kOps.end()) refuseSeccomp(name, "unknown seccomp operator");
  return found->second;
}

std::optional<SyscallAbi> abiOf(const std::string& name) {
  const auto known =
      std::ranges::find(kArchitectures, name, [](const auto& entry) { return entry.first; });
  if (known != kArchitectures.end()) return known->second;
  if (std::ranges::count(kForeignArchitectures, name) == 0) {
    refuseSeccomp(name, "unknown seccomp architecture");
  }
  return std::nullopt;
}

}  // namespace slipway
