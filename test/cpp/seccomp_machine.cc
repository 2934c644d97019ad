// SPDX-License-Identifier: Apache-2.0
#include "seccomp_machine.h"

#include <linux/bpf_common.h>

#include <cstring>
#include <stdexcept>
#include <string>

namespace slipway::test {

namespace {

struct Outcome {
  uint32_t verdict = 0;
  uint32_t steps = 0;
};

uint32_t readWord(const seccomp_data& data, uint32_t offset) {
  if (offset % 4 != 0 || offset + 4 > sizeof data) throw std::out_of_range("load outside the data");
  uint32_t word;
  std::memcpy(&word, reinterpret_cast<const char*>(&data) + offset, sizeof word);
  return word;
}

bool holds(uint16_t test, uint32_t accumulator, uint32_t value) {
  switch (test) {
    case BPF_JEQ:
      return accumulator == value;
    case BPF_JGT:
      return accumulator > value;
    case BPF_JGE:
      return accumulator >= value;
    case BPF_JSET:
      return (accumulator & value) != 0;
    default:
      throw std::invalid_argument("unexpected jump " + std::to_string(test));
  }
}

Outcome run(std::span<const sock_filter> program, const seccomp_data& data) {
  uint32_t accumulator = 0;
  Outcome outcome;
  for (std::size_t at = 0; at < program.size(); at++) {
    const sock_filter& step = program[at];
    outcome.steps++;
    switch (step.code) {
      case BPF_RET | BPF_K:
        outcome.verdict = step.k;
        return outcome;
      case BPF_LD | BPF_W | BPF_ABS:
        accumulator = readWord(data, step.k);
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        accumulator &= step.k;
        break;
      case BPF_JMP | BPF_JA:
        at += step.k;
        break;
      default:
        if (BPF_CLASS(step.code) != BPF_JMP) throw std::invalid_argument("unexpected instruction");
        at += holds(BPF_OP(step.code), accumulator, step.k) ? step.jt : step.jf;
    }
  }
  throw std::out_of_range("the program ends without a verdict");
}

}  // namespace

uint32_t runFilter(std::span<const sock_filter> program, const seccomp_data& data) {
  return run(program, data).verdict;
}

uint32_t countSteps(std::span<const sock_filter> program, const seccomp_data& data) {
  return run(program, data).steps;
}

}  // namespace slipway::test
