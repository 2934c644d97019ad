// SPDX-License-Identifier: Apache-2.0
// The layout of programs: whatever the shape, every jump lands where it should.
#include "container/seccomp_program.h"

#include <gtest/gtest.h>
#include <linux/bpf_common.h>

#include <algorithm>
#include <random>

#include "seccomp_fixture.h"
#include "seccomp_machine.h"

namespace slipway::test {
namespace {

struct Branch {
  SeccompProgram::Node node;
  uint32_t value, yes, no;  // yes and no count in the list of branches
};

// A web of comparisons in which each leads to two earlier ones, near or far.
struct Web {
  static constexpr uint32_t kEnds = 6;

  Web(std::mt19937& random, uint32_t size, uint32_t reach) {
    for (uint32_t end = 0; end < kEnds; end++) branches.push_back({program.ret(end), 0, 0, 0});
    while (branches.size() < size) {
      const auto before = static_cast<uint32_t>(branches.size());
      const auto pick = static_cast<uint32_t>(before - 1 - random() % std::min(before, reach));
      // Each follows from the one before, so that none is left out.
      const Branch branch{0, static_cast<uint32_t>(random() % 100), before - 1, pick};
      const auto node = program.branch(BPF_JGE, branch.value, branches[branch.yes].node,
                                       branches[branch.no].node);
      branches.push_back({node, branch.value, branch.yes, branch.no});
    }
  }

  uint32_t follow(uint32_t number) const {
    std::size_t at = branches.size() - 1;
    while (at >= kEnds) at = number >= branches[at].value ? branches[at].yes : branches[at].no;
    return static_cast<uint32_t>(at);
  }

  SeccompProgram program;
  std::vector<Branch> branches;
};

void checkWebs(uint32_t seed) {
  std::mt19937 random(seed);
  for (int i = 0; i < 200; i++) {
    Web web(random, 200 + random() % 800, i % 2 == 0 ? 300 : 1000);
    const auto root = web.program.load(0, web.branches.back().node);
    const auto program = web.program.finish(root);
    for (uint32_t number = 0; number <= 100; number++) {
      const seccomp_data call = makeCall(SyscallAbi::kX86_64, number);
      ASSERT_EQ(runFilter(program, call), web.follow(number)) << "web " << i << " at " << number;
    }
  }
}

TEST(SeccompProgram, LandsEveryJump) { checkWebs(5); }

// Two targets behind a chain of `length`, and after it a branch to both.
std::vector<sock_filter> farTargets(uint32_t length, bool swapped) {
  SeccompProgram program;
  const auto seven = program.branch(BPF_JEQ, 5007, program.ret(7), program.ret(0));
  const auto eight = program.branch(BPF_JEQ, 5008, program.ret(8), seven);
  auto chain = eight;
  for (uint32_t i = 0; i < length; i++) {
    chain = program.branch(BPF_JEQ, 1000 + i, program.ret(9), chain);
  }
  const auto both = swapped ? program.branch(BPF_JGE, 5008, eight, seven)
                            : program.branch(BPF_JGT, 5007, seven, eight);
  return program.finish(program.load(0, program.branch(BPF_JGE, 5000, both, chain)));
}

TEST(SeccompProgram, ReachesTwoTargetsAtTheEdgeOfAShortJump) {
  for (uint32_t length = 240; length < 270; length++) {
    for (const bool swapped : {false, true}) {
      const auto program = farTargets(length, swapped);
      const auto verdict = [&](uint32_t number) {
        return runFilter(program, makeCall(SyscallAbi::kX86_64, number));
      };
      EXPECT_EQ(verdict(5007), 7U) << length;
      EXPECT_EQ(verdict(5008), swapped ? 8U : 0U) << length;
      EXPECT_EQ(verdict(1000 + length - 1), 9U) << length;
      EXPECT_EQ(verdict(4000), 0U) << length;
    }
  }
}

TEST(SeccompProgram, IsOneInstructionForEqualNodes) {
  SeccompProgram program;
  const auto first = program.branch(BPF_JEQ, 1, program.ret(1), program.ret(2));
  const auto second = program.branch(BPF_JEQ, 1, program.ret(1), program.ret(2));
  EXPECT_EQ(first, second);
  EXPECT_EQ(program.finish(program.branch(BPF_JEQ, 2, first, second)).size(), 3U);
}

}  // namespace
}  // namespace slipway::test
