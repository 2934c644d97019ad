// SPDX-License-Identifier: Apache-2.0
#include "container/seccomp_args.h"

#include <linux/bpf_common.h>
#include <linux/seccomp.h>

#include <bit>
#include <cstddef>
#include <ranges>

namespace slipway {

namespace {

using Node = SeccompProgram::Node;

static_assert(std::endian::native == std::endian::little, "the halves are low, then high");

struct Halves {
  uint32_t high, low;
};

Halves split(uint64_t value) {
  return {static_cast<uint32_t>(value >> 32), static_cast<uint32_t>(value)};
}

uint32_t lowOffset(uint32_t index) {
  return static_cast<uint32_t>(offsetof(seccomp_data, args)) + index * 8;
}

class Comparison {
 public:
  Comparison(SeccompProgram& program, const ArgTest& test, bool wide)
      : program_(program),
        value_(split(test.value)),
        mask_(split(test.mask)),
        wide_(wide),
        low_(lowOffset(test.index)) {}

  Node equal(Node yes, Node no) {
    const Node low = program_.load(
        low_, program_.mask(mask_.low, program_.branch(BPF_JEQ, value_.low, yes, no)));
    // A mask without high bits leaves nothing to compare there.
    if (!wide_ || (mask_.high == 0 && value_.high == 0)) return low;
    return program_.load(low_ + 4,
                         program_.mask(mask_.high, program_.branch(BPF_JEQ, value_.high, low, no)));
  }

  // `test` is BPF_JGT or BPF_JGE
  Node above(uint16_t test, Node yes, Node no) {
    const Node low = program_.load(low_, program_.branch(test, value_.low, yes, no));
    if (!wide_) return low;
    const Node sameHigh = program_.branch(BPF_JEQ, value_.high, low, no);
    return program_.load(low_ + 4, program_.branch(BPF_JGT, value_.high, yes, sameHigh));
  }

 private:
  SeccompProgram& program_;
  Halves value_, mask_;
  bool wide_;
  uint32_t low_;
};

Node buildTest(SeccompProgram& program, const ArgTest& test, bool wide, Node yes, Node no) {
  Comparison compare(program, test, wide);
  switch (test.op) {
    case ArgOp::kEq:
    case ArgOp::kMaskedEq:
      return compare.equal(yes, no);
    case ArgOp::kNe:
      return compare.equal(no, yes);
    case ArgOp::kGt:
      return compare.above(BPF_JGT, yes, no);
    case ArgOp::kGe:
      return compare.above(BPF_JGE, yes, no);
    case ArgOp::kLt:
      return compare.above(BPF_JGE, no, yes);
    case ArgOp::kLe:
      return compare.above(BPF_JGT, no, yes);
  }
  return no;
}

}  // namespace

Node buildConditions(SeccompProgram& program, const SyscallRules& rules, SyscallAbi abi,
                     Node otherwise) {
  Node next = otherwise;
  for (const auto& rule : rules.conditional | std::views::reverse) {
    Node holds = program.ret(rule.verdict);
    for (const auto& test : rule.tests | std::views::reverse) {
      holds = buildTest(program, test, isWide(abi), holds, next);
    }
    next = holds;
  }
  return next;
}

}  // namespace slipway
