// SPDX-License-Identifier: Apache-2.0
#include "container/seccomp_order.h"

#include <algorithm>
#include <cerrno>
#include <compare>
#include <cstdint>
#include <tuple>

#include "sys/error.h"

namespace slipway {

namespace {

enum class Kind : uint8_t { kEquality, kUpperBound, kLowerBound };

Kind kindOf(ArgOp op) {
  switch (op) {
    case ArgOp::kLt:
    case ArgOp::kLe:
      return Kind::kUpperBound;
    case ArgOp::kGt:
    case ArgOp::kGe:
      return Kind::kLowerBound;
    default:
      return Kind::kEquality;
  }
}

// Smaller is earlier: hence the complements of what goes from high to low.
std::tuple<uint32_t, Kind, uint64_t, uint64_t> rankOf(const ArgTest& test) {
  const Kind kind = kindOf(test.op);
  const uint64_t value = kind == Kind::kUpperBound ? test.value : ~test.value;
  return {~test.index, kind, ~test.mask, value};
}

bool isEarlier(const ConditionalRule& left, const ConditionalRule& right) {
  return std::ranges::lexicographical_compare(left.tests, right.tests, {}, rankOf, rankOf);
}

}  // namespace

void orderConditions(std::vector<ConditionalRule>& rules, const std::string& syscall) {
  for (auto& rule : rules) std::ranges::sort(rule.tests, {}, &ArgTest::index);
  std::ranges::stable_sort(rules, isEarlier);
  for (std::size_t i = 0; i < rules.size(); i++) {
    for (std::size_t j = i + 1; j < rules.size() && !isEarlier(rules[i], rules[j]); j++) {
      if (rules[i].tests == rules[j].tests && rules[i].verdict != rules[j].verdict) {
        throw SysError("seccomp", "compile", syscall, EEXIST,
                       "two rules with the same conditions have different actions");
      }
    }
  }
}

}  // namespace slipway
