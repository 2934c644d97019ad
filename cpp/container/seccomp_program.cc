// SPDX-License-Identifier: Apache-2.0
#include "container/seccomp_program.h"

#include <linux/bpf_common.h>

#include <algorithm>
#include <string>

#include "sys/error.h"

namespace slipway {

namespace {

constexpr uint32_t kUnplaced = UINT32_MAX;
constexpr uint32_t kLongestJump = 255;
constexpr uint16_t kRet = BPF_RET | BPF_K;
constexpr uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS;
constexpr uint16_t kMask = BPF_ALU | BPF_AND | BPF_K;

[[noreturn]] void tooLong() {
  throw SysError("seccomp", "compile", "filter", E2BIG,
                 "the profile needs more than " + std::to_string(BPF_MAXINSNS) +
                     " filter instructions; use fewer argument conditions");
}

}  // namespace

SeccompProgram::Node SeccompProgram::ret(uint32_t verdict) { return add({kRet, verdict}); }

SeccompProgram::Node SeccompProgram::branch(uint16_t test, uint32_t value, Node yes, Node no) {
  if (yes == no) return yes;
  return add({static_cast<uint16_t>(BPF_JMP | BPF_K | test), value, yes, no});
}

SeccompProgram::Node SeccompProgram::load(uint32_t offset, Node next) {
  // What decides without looking at the word needs no word.
  if (steps_[next].code == kRet || steps_[next].code == kLoad) return next;
  return add({kLoad, offset, next});
}

SeccompProgram::Node SeccompProgram::mask(uint32_t bits, Node next) {
  if (bits == UINT32_MAX || steps_[next].code == kRet) return next;
  return add({kMask, bits, next});
}

SeccompProgram::Node SeccompProgram::add(const Step& step) {
  const auto [found, isNew] = known_.try_emplace(step, static_cast<Node>(steps_.size()));
  if (isNew) {
    // Nearly every node becomes an instruction. The bound also keeps place()
    // from recursing without end on an absurd profile.
    if (steps_.size() > 4 * BPF_MAXINSNS) tooLong();
    steps_.push_back(step);
  }
  return found->second;
}

std::vector<sock_filter> SeccompProgram::finish(Node root) {
  reversed_.clear();
  home_.assign(steps_.size(), kUnplaced);
  nearest_ = home_;
  follow(root);
  if (reversed_.size() > BPF_MAXINSNS) tooLong();
  return {reversed_.rbegin(), reversed_.rend()};
}

uint32_t SeccompProgram::emit(uint16_t code, uint32_t value, uint8_t yes, uint8_t no) {
  reversed_.push_back({code, yes, no, value});
  return static_cast<uint32_t>(reversed_.size()) - 1;
}

// How far the next instruction emitted would have to jump.
uint32_t SeccompProgram::distance(uint32_t position) const {
  return static_cast<uint32_t>(reversed_.size()) - position - 1;
}

// Makes sure the node is in the program and gives its position.
uint32_t SeccompProgram::place(Node node) {
  if (home_[node] != kUnplaced) return home_[node];
  const Step step = steps_[node];
  if (step.code == kRet) {
    home_[node] = emit(step.code, step.value);
  } else if (step.code == kLoad || step.code == kMask) {
    follow(step.yes);
    home_[node] = emit(step.code, step.value);
  } else {
    place(step.no);
    place(step.yes);
    // Bringing `no` nearby may take one more instruction.
    nearby(step.yes, 1);
    const uint32_t no = nearby(step.no, 0);
    const uint32_t yes = nearest_[step.yes];
    home_[node] = emit(step.code, step.value, static_cast<uint8_t>(distance(yes)),
                       static_cast<uint8_t>(distance(no)));
  }
  nearest_[node] = home_[node];
  return home_[node];
}

// A position within reach of a conditional jump that acts as the node: itself,
// a copy of a return, or a long jump to it.
uint32_t SeccompProgram::nearby(Node node, uint32_t reserve) {
  if (distance(nearest_[node]) + reserve <= kLongestJump) return nearest_[node];
  const Step& step = steps_[node];
  nearest_[node] =
      step.code == kRet ? emit(kRet, step.value) : emit(BPF_JMP | BPF_JA, distance(home_[node]));
  return nearest_[node];
}

// Makes the node the one that the next instruction emitted falls through to.
void SeccompProgram::follow(Node next) {
  place(next);
  if (distance(home_[next]) == 0 || distance(nearest_[next]) == 0) return;
  const Step& step = steps_[next];
  nearest_[next] =
      step.code == kRet ? emit(kRet, step.value) : emit(BPF_JMP | BPF_JA, distance(home_[next]));
}

}  // namespace slipway
