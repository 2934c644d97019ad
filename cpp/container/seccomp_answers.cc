// SPDX-License-Identifier: Apache-2.0
#include "container/seccomp_answers.h"

#include <linux/audit.h>
#include <linux/bpf_common.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace slipway {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kNativeArch = AUDIT_ARCH_X86_64;
#else
constexpr uint32_t kNativeArch = AUDIT_ARCH_AARCH64;
#endif

using Word = std::optional<uint32_t>;  // without a value: any

Word loaded(const AskedCall& call, uint32_t offset) {
  if (offset == offsetof(seccomp_data, nr)) return static_cast<uint32_t>(call.number);
  if (offset == offsetof(seccomp_data, arch)) return kNativeArch;
  constexpr uint32_t first = offsetof(seccomp_data, args);
  if (offset < first || offset >= sizeof(seccomp_data) || offset % 4 != 0) return {};
  const auto& argument = call.arguments[(offset - first) / 8];
  if (!argument) return {};
  const uint32_t shift = (offset - first) % 8 == 0 ? 0 : 32;  // both machines are little-endian
  return static_cast<uint32_t>(*argument >> shift);
}

// Both ways are open where the word may be anything.
struct Ways {
  bool yes = true, no = true;
};

Ways ways(uint16_t test, const Word& word, uint32_t value) {
  if (!word) return {};
  const bool holds = test == BPF_JEQ   ? *word == value
                     : test == BPF_JGT ? *word > value
                     : test == BPF_JGE ? *word >= value
                                       : (*word & value) != 0;
  return {holds, !holds};
}

// Jumps lead forwards only, so that every walk ends; each place is walked from
// once for each word it is reached with.
class Walk {
 public:
  Walk(std::span<const sock_filter> program, const AskedCall& call)
      : program_(program), call_(call) {}

  std::set<uint32_t> answers() {
    open_.emplace(0, Word());
    while (!open_.empty()) {
      const auto [at, word] = open_.extract(open_.begin()).value();
      if (seen_.emplace(at, word).second) step(at, word);
    }
    return std::move(answers_);
  }

 private:
  void step(size_t at, Word word) {
    // What the kernel would not have taken.
    if (at >= program_.size()) return void(answers_.insert(SECCOMP_RET_KILL_PROCESS));
    const sock_filter& its = program_[at];
    switch (its.code) {
      case BPF_RET | BPF_K:
        answers_.insert(its.k);
        return;
      case BPF_LD | BPF_W | BPF_ABS:
        open_.emplace(at + 1, loaded(call_, its.k));
        return;
      case BPF_ALU | BPF_AND | BPF_K:
        open_.emplace(at + 1, word ? Word(*word & its.k) : Word());
        return;
      case BPF_JMP | BPF_JA:
        open_.emplace(at + 1 + its.k, word);
        return;
      case BPF_JMP | BPF_JEQ | BPF_K:
      case BPF_JMP | BPF_JGT | BPF_K:
      case BPF_JMP | BPF_JGE | BPF_K:
      case BPF_JMP | BPF_JSET | BPF_K: {
        const Ways open = ways(BPF_OP(its.code), word, its.k);
        if (open.yes) open_.emplace(at + 1 + its.jt, word);
        if (open.no) open_.emplace(at + 1 + its.jf, word);
        return;
      }
      default:
        // No compiler of ours has written it.
        answers_.insert(SECCOMP_RET_KILL_PROCESS);
    }
  }

  std::span<const sock_filter> program_;
  const AskedCall& call_;
  std::set<std::pair<size_t, Word>> open_, seen_;
  std::set<uint32_t> answers_;
};

}  // namespace

std::set<uint32_t> possibleAnswers(std::span<const sock_filter> program, const AskedCall& call) {
  return Walk(program, call).answers();
}

bool alwaysAllows(std::span<const sock_filter> program, const AskedCall& call) {
  return possibleAnswers(program, call) == std::set<uint32_t>{SECCOMP_RET_ALLOW};
}

bool alwaysRefuses(std::span<const sock_filter> program, const AskedCall& call) {
  return std::ranges::all_of(possibleAnswers(program, call), [](uint32_t answer) {
    return (answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
  });
}

}  // namespace slipway
