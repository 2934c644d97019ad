// SPDX-License-Identifier: Apache-2.0
// Builds a classic BPF program from the back: each node names the nodes that
// follow it, equal nodes are one, and finish() lays them out so that every jump
// goes forward and within the 8 bits a conditional jump has.
#pragma once

#include <linux/filter.h>

#include <compare>
#include <cstdint>
#include <map>
#include <vector>

namespace slipway {

class SeccompProgram {
 public:
  using Node = uint32_t;

  Node ret(uint32_t verdict);
  // Jumps on the accumulator: `test` is BPF_JEQ, BPF_JGE or BPF_JGT.
  Node branch(uint16_t test, uint32_t value, Node yes, Node no);
  // Reads the word at `offset` of struct seccomp_data, then goes on.
  Node load(uint32_t offset, Node next);
  Node mask(uint32_t bits, Node next);

  // Throws E2BIG when the kernel's limit of 4096 instructions is passed.
  std::vector<sock_filter> finish(Node root);

 private:
  struct Step {
    uint16_t code = 0;
    uint32_t value = 0;
    Node yes = 0, no = 0;  // load and mask go on at `yes`
    auto operator<=>(const Step&) const = default;
  };

  Node add(const Step& step);
  uint32_t place(Node node);
  uint32_t nearby(Node node, uint32_t reserve);
  void follow(Node next);
  uint32_t emit(uint16_t code, uint32_t value, uint8_t yes = 0, uint8_t no = 0);
  uint32_t distance(uint32_t position) const;

  std::vector<Step> steps_;
  std::map<Step, Node> known_;
  // Positions count from the end of the program, as it grows towards its start.
  std::vector<sock_filter> reversed_;
  std::vector<uint32_t> home_, nearest_;
};

}  // namespace slipway
