// SPDX-License-Identifier: Apache-2.0
// The words of linux.seccomp read into numbers: which verdict each system call
// of one ABI gets and under which conditions. Between spec.h and the compiler.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "container/seccomp_words.h"
#include "container/syscalls.h"
#include "spec/spec.h"

namespace slipway {

struct ArgTest {
  uint32_t index = 0;
  ArgOp op = ArgOp::kEq;
  uint64_t value = 0;
  uint64_t mask = ~uint64_t{0};  // kMaskedEq: applied before comparing

  bool operator==(const ArgTest&) const = default;
};

struct ConditionalRule {
  std::vector<ArgTest> tests;  // all must hold
  uint32_t verdict = 0;        // SECCOMP_RET_*
  // Of the rules that seccomp_multiplex.h derives.
  std::optional<uint32_t> multiplexedCall{};
  bool coversCall = false;
};

struct SyscallRules {
  std::vector<ConditionalRule> conditional;  // in order; the first that holds decides
  std::optional<uint32_t> always;            // then this, else the default
};

struct AbiRules {
  std::map<uint32_t, SyscallRules> syscalls;
  uint32_t highestNamed = 0;  // rules equal to the default included
};

uint32_t defaultVerdict(const spec::Seccomp& profile);

// The ABIs to admit: the native one and those listed, in the table's order.
std::vector<SyscallAbi> admittedAbis(const spec::Seccomp& profile, SyscallAbi native);

AbiRules readRules(const spec::Seccomp& profile, SyscallAbi abi);

}  // namespace slipway
