// SPDX-License-Identifier: Apache-2.0
// The shape of a filter: machine first, then the number, then arguments.
#include <linux/audit.h>
#include <linux/bpf_common.h>
#include <linux/seccomp.h>

#include <cerrno>
#include <cstddef>

#include "container/seccomp.h"
#include "container/seccomp_args.h"
#include "container/seccomp_program.h"
#include "container/seccomp_rules.h"
#include "container/seccomp_tree.h"

namespace slipway {

namespace {

using Node = SeccompProgram::Node;

constexpr uint32_t kNoSuchCall = SECCOMP_RET_ERRNO | ENOSYS;
// Tracers skip a call by making its number -1, which no filter may punish.
constexpr uint32_t kSkippedByTracer = UINT32_MAX;

class Compiler {
 public:
  Compiler(const spec::Seccomp& profile, const SeccompOptions& options)
      : profile_(profile),
        options_(options),
        default_(defaultVerdict(profile)),
        foreign_(program_.ret(SECCOMP_RET_KILL_THREAD)) {}

  std::vector<sock_filter> run() {
    for (const SyscallAbi abi : admittedAbis(profile_, options_.native)) trees_[abi] = tree(abi);
    Node chain = foreign_;
    chain = machine(AUDIT_ARCH_ARM, SyscallAbi::kArm, chain);
    chain = machine(AUDIT_ARCH_AARCH64, SyscallAbi::kAarch64, chain);
    chain = machine(AUDIT_ARCH_I386, SyscallAbi::kI386, chain);
    if (trees_.contains(SyscallAbi::kX86_64) || trees_.contains(SyscallAbi::kX32)) {
      chain = program_.branch(BPF_JEQ, AUDIT_ARCH_X86_64, number(x86_64()), chain);
    }
    return program_.finish(program_.load(offsetof(seccomp_data, arch), chain));
  }

 private:
  Node tree(SyscallAbi abi) {
    const AbiRules rules = readRules(profile_, abi);
    const Node fallback = program_.ret(default_);
    std::map<uint32_t, Node> targets;
    for (const auto& [nr, found] : rules.syscalls) {
      const Node otherwise = found.always ? program_.ret(*found.always) : fallback;
      targets[nr] = buildConditions(program_, found, abi, otherwise);
    }
    const uint32_t base = abi == SyscallAbi::kX32 ? kX32SyscallBit : 0;
    const Node choice = buildNumberTree(program_, targets, fallback, base);
    return refusesByDefault() ? withUnknown(rules.highestNamed, fallback, choice) : choice;
  }

  Node withUnknown(uint32_t highest, Node fallback, Node choice) {
    if (!options_.enosysAboveNamed) return choice;
    const Node unknown =
        program_.branch(BPF_JEQ, kSkippedByTracer, fallback, program_.ret(kNoSuchCall));
    return program_.branch(BPF_JGT, highest, unknown, choice);
  }

  bool refusesByDefault() const {
    const uint32_t action = default_ & SECCOMP_RET_ACTION_FULL;
    return action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG;
  }

  Node machine(uint32_t audit, SyscallAbi abi, Node otherwise) {
    const auto found = trees_.find(abi);
    if (found == trees_.end()) return otherwise;
    return program_.branch(BPF_JEQ, audit, number(found->second), otherwise);
  }

  // One machine to the kernel, two ABIs told apart by a bit of the number.
  Node x86_64() {
    const auto native = trees_.find(SyscallAbi::kX86_64);
    const auto x32 = trees_.find(SyscallAbi::kX32);
    const Node below = native == trees_.end() ? foreign_ : native->second;
    const Node above = x32 != trees_.end() ? x32->second
                                           : program_.branch(BPF_JEQ, kSkippedByTracer,
                                                             program_.ret(default_), foreign_);
    return program_.branch(BPF_JGE, kX32SyscallBit, above, below);
  }

  Node number(Node next) { return program_.load(offsetof(seccomp_data, nr), next); }

  const spec::Seccomp& profile_;
  SeccompOptions options_;
  uint32_t default_;
  SeccompProgram program_;
  Node foreign_;
  std::map<SyscallAbi, Node> trees_;
};

}  // namespace

std::vector<sock_filter> compileSeccomp(const spec::Seccomp& profile,
                                        const SeccompOptions& options) {
  return Compiler(profile, options).run();
}

}  // namespace slipway
