// SPDX-License-Identifier: Apache-2.0
#include "container/seccomp_rules.h"

#include <linux/seccomp.h>

#include <algorithm>
#include <set>

#include "container/seccomp_multiplex.h"
#include "container/seccomp_order.h"

namespace slipway {

namespace {

constexpr uint32_t kArguments = 6;

ArgTest testOf(const spec::SeccompArg& arg) {
  const ArgOp op = argOpOf(arg.op);
  if (arg.index >= kArguments) {
    refuseSeccomp("argument " + std::to_string(arg.index), "a system call has arguments 0 to 5");
  }
  if (op != ArgOp::kMaskedEq) return {arg.index, op, arg.value};
  return {arg.index, op, arg.valueTwo & arg.value, arg.value};
}

// Registers of the 32-bit ABIs hold no more than the low half.
ArgTest narrowed(ArgTest test, SyscallAbi abi) {
  if (isWide(abi)) return test;
  test.value &= UINT32_MAX;
  test.mask &= UINT32_MAX;
  return test;
}

// A mask without bits asks nothing: the rule is as good as without the test.
bool asksNothing(const ArgTest& test) { return test.op == ArgOp::kMaskedEq && test.mask == 0; }

bool namesOneTwice(const std::vector<spec::SeccompArg>& args) {
  std::set<uint32_t> indexes;
  for (const auto& arg : args) indexes.insert(arg.index);
  return indexes.size() < args.size();
}

// Engines have always read two conditions on one argument as alternatives, each
// a rule of its own: profiles in use depend on it.
std::vector<std::vector<ArgTest>> alternatives(const std::vector<spec::SeccompArg>& args,
                                               SyscallAbi abi) {
  const bool each = namesOneTwice(args);
  std::vector<std::vector<ArgTest>> found(each ? args.size() : 1);
  for (std::size_t i = 0; i < args.size(); i++) {
    const ArgTest test = narrowed(testOf(args[i]), abi);
    if (!asksNothing(test)) found[each ? i : 0].push_back(test);
  }
  return found;
}

void addRule(SyscallRules& rules, const std::vector<ArgTest>& tests, uint32_t verdict) {
  if (!tests.empty()) {
    rules.conditional.push_back({.tests = tests, .verdict = verdict});
  } else if (!rules.always) {
    rules.always = verdict;
  }
}

// One name of the profile with its ways into the kernel.
struct NamedCall {
  std::optional<uint32_t> number;
  std::optional<MultiplexedCall> multiplexed;
};

NamedCall callOf(const std::string& name, SyscallAbi abi) {
  NamedCall call{syscallNumber(name, abi), {}};
  if (abi == SyscallAbi::kI386) call.multiplexed = multiplexedOnI386(name);
  return call;
}

void addCall(AbiRules& rules, const NamedCall& call, const std::vector<ArgTest>& tests,
             uint32_t verdict) {
  if (call.number) addRule(rules.syscalls[*call.number], tests, verdict);
  if (const auto& way = call.multiplexed) {
    addMultiplexed(rules.syscalls[way->syscall], way->call, tests, verdict);
  }
}

void refuseNotifyingWrite(const spec::SeccompRule& rule, uint32_t verdict) {
  if (verdict == SECCOMP_RET_USER_NOTIF && std::ranges::count(rule.names, "write") != 0) {
    // Init writes to its parent once more between installing the filter and
    // execve, when nobody listens yet.
    refuseSeccomp("SCMP_ACT_NOTIFY", "the write system call cannot be notified");
  }
}

}  // namespace

uint32_t defaultVerdict(const spec::Seccomp& profile) {
  const uint32_t verdict = verdictOf(profile.defaultAction, profile.defaultErrnoRet);
  if (verdict == SECCOMP_RET_USER_NOTIF) {
    refuseSeccomp(profile.defaultAction, "this action cannot be the default");
  }
  return verdict;
}

std::vector<SyscallAbi> admittedAbis(const spec::Seccomp& profile, SyscallAbi native) {
  std::vector<SyscallAbi> abis{native};
  for (const auto& name : profile.architectures) {
    if (const auto abi = abiOf(name)) abis.push_back(*abi);
  }
  std::ranges::sort(abis);
  abis.erase(std::unique(abis.begin(), abis.end()), abis.end());
  return abis;
}

AbiRules readRules(const spec::Seccomp& profile, SyscallAbi abi) {
  const uint32_t fallback = defaultVerdict(profile);
  AbiRules rules;
  for (const auto& rule : profile.syscalls) {
    const uint32_t verdict = verdictOf(rule.action, rule.errnoRet);
    refuseNotifyingWrite(rule, verdict);
    const auto conditions = alternatives(rule.args, abi);
    for (const auto& name : rule.names) {
      const NamedCall call = callOf(name, abi);
      rules.highestNamed = std::max(rules.highestNamed, call.number.value_or(0));
      // A rule that repeats the default never narrows another rule.
      if (verdict == fallback) continue;
      for (const auto& tests : conditions) addCall(rules, call, tests, verdict);
    }
  }
  for (auto& [number, found] : rules.syscalls) {
    if (found.always) found.conditional.clear();
    orderConditions(found.conditional, "system call " + std::to_string(number));
  }
  return rules;
}

}  // namespace slipway
