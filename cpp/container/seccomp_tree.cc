// SPDX-License-Identifier: Apache-2.0
#include "container/seccomp_tree.h"

#include <linux/bpf_common.h>

#include <algorithm>
#include <span>
#include <vector>

namespace slipway {

namespace {

using Node = SeccompProgram::Node;

// When a filter is installed the kernel runs it once for every number it has,
// to learn which are always allowed (Linux 5.11). Ranges therefore weigh what
// they span below this bound, and wide ones come to sit near the root.
constexpr uint32_t kNumbersInUse = 480;
constexpr std::size_t kMaxHoles = 2;

struct Range {
  uint32_t first;
  Node target;
};

// A range with single numbers taken out of it: one comparison for a hole where
// the tree would need two.
struct Leaf {
  uint32_t first;
  uint32_t weight;
  Node test;
};

void append(std::vector<Range>& ranges, uint32_t first, Node target) {
  if (!ranges.empty() && ranges.back().first == first) ranges.pop_back();
  if (ranges.empty() || ranges.back().target != target) ranges.push_back({first, target});
}

std::vector<Range> mergeNeighbours(const std::map<uint32_t, Node>& targets, Node fallback) {
  std::vector<Range> ranges{{0, fallback}};
  for (const auto& [number, target] : targets) {
    append(ranges, number, target);
    if (number != UINT32_MAX) append(ranges, number + 1, fallback);
  }
  return ranges;
}

bool startsWithHole(std::span<const Range> ranges) {
  return ranges.size() > 2 && ranges[0].target == ranges[2].target &&
         ranges[1].first + 1 == ranges[2].first;
}

uint32_t weigh(std::span<const Range> ranges, std::size_t used, uint32_t base) {
  const uint32_t end = base + kNumbersInUse;
  const uint32_t last = used < ranges.size() ? std::min(ranges[used].first, end) : end;
  const uint32_t first = std::max(ranges[0].first, base);
  return 1 + (last > first ? last - first : 0);
}

std::vector<Leaf> makeLeaves(SeccompProgram& program, std::span<const Range> ranges,
                             uint32_t base) {
  std::vector<Leaf> leaves;
  while (!ranges.empty()) {
    Node test = ranges[0].target;
    std::size_t used = 1;
    while (used < 2 * kMaxHoles && startsWithHole(ranges.subspan(used - 1))) {
      test = program.branch(BPF_JEQ, ranges[used].first, ranges[used].target, test);
      used += 2;
    }
    leaves.push_back({ranges[0].first, weigh(ranges, used, base), test});
    ranges = ranges.subspan(used);
  }
  return leaves;
}

std::size_t middle(std::span<const Leaf> leaves) {
  uint32_t total = 0;
  for (const auto& leaf : leaves) total += leaf.weight;
  std::size_t split = 1;
  for (uint32_t left = leaves[0].weight; split + 1 < leaves.size(); split++) {
    if (left + leaves[split].weight / 2 >= total / 2) break;
    left += leaves[split].weight;
  }
  return split;
}

Node halve(SeccompProgram& program, std::span<const Leaf> leaves) {
  if (leaves.size() == 1) return leaves[0].test;
  const std::size_t split = middle(leaves);
  const Node above = halve(program, leaves.subspan(split));
  const Node below = halve(program, leaves.first(split));
  return program.branch(BPF_JGE, leaves[split].first, above, below);
}

}  // namespace

Node buildNumberTree(SeccompProgram& program, const std::map<uint32_t, Node>& targets,
                     Node fallback, uint32_t base) {
  const auto ranges = mergeNeighbours(targets, fallback);
  return halve(program, makeLeaves(program, ranges, base));
}

}  // namespace slipway
