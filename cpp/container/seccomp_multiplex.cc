// SPDX-License-Identifier: Apache-2.0
#include "container/seccomp_multiplex.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace slipway {

namespace {

using NamedCall = std::pair<std::string_view, uint32_t>;

// linux/net.h, SYS_SOCKET and on
constexpr std::array<NamedCall, 20> kSocketCalls{{
    {"socket", 1},    {"bind", 2},        {"connect", 3},     {"listen", 4},
    {"accept", 5},    {"getsockname", 6}, {"getpeername", 7}, {"socketpair", 8},
    {"send", 9},      {"recv", 10},       {"sendto", 11},     {"recvfrom", 12},
    {"shutdown", 13}, {"setsockopt", 14}, {"getsockopt", 15}, {"sendmsg", 16},
    {"recvmsg", 17},  {"accept4", 18},    {"recvmmsg", 19},   {"sendmmsg", 20},
}};

// linux/ipc.h, SEMOP and on
constexpr std::array<NamedCall, 12> kIpcCalls{{
    {"semop", 1},
    {"semget", 2},
    {"semctl", 3},
    {"semtimedop", 4},
    {"msgsnd", 11},
    {"msgrcv", 12},
    {"msgget", 13},
    {"msgctl", 14},
    {"shmat", 21},
    {"shmdt", 22},
    {"shmget", 23},
    {"shmctl", 24},
}};

template <std::size_t N>
std::optional<MultiplexedCall> lookUp(const std::array<NamedCall, N>& calls, std::string_view name,
                                      std::string_view multiplexer) {
  const auto found = std::ranges::find(calls, name, &NamedCall::first);
  if (found == calls.end()) return std::nullopt;
  return MultiplexedCall{syscallNumber(multiplexer, SyscallAbi::kI386).value(), found->second};
}

}  // namespace

std::optional<MultiplexedCall> multiplexedOnI386(std::string_view name) {
  if (const auto call = lookUp(kSocketCalls, name, "socketcall")) return call;
  return lookUp(kIpcCalls, name, "ipc");
}

void addMultiplexed(SyscallRules& multiplexer, uint32_t call, const std::vector<ArgTest>& tests,
                    uint32_t verdict) {
  const auto isOfCall = [&](const ConditionalRule& rule) { return rule.multiplexedCall == call; };
  auto& rules = multiplexer.conditional;
  const auto present = std::ranges::find_if(rules, isOfCall);
  if (present != rules.end() && present->coversCall) return;
  if (tests.empty()) std::erase_if(rules, isOfCall);

  ConditionalRule rule{{{0, ArgOp::kEq, call}}, verdict, call, tests.empty()};
  std::ranges::copy_if(tests, std::back_inserter(rule.tests),
                       [](const ArgTest& test) { return test.index != 0; });
  rules.push_back(std::move(rule));
}

}  // namespace slipway
