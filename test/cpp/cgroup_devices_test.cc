// SPDX-License-Identifier: Apache-2.0
// Device rules: what the rules mean (an oracle written from that meaning), what
// the v1 list means and what the BPF program computes must be one and the same.
#include "container/cgroup_devices.h"

#include "cgroup_device_oracle.h"
#include "cgroup_fixture.h"
#include "container/device_bpf.h"

using namespace slipway;
using namespace slipway::test;

namespace {

// As the v1 controller decides: one exception must allow all of a request; any
// exception that denies a part denies it.
bool v1Verdict(const DeviceTable& table, const Request& request) {
  for (const DeviceMatch& e : table.exceptions) {
    if (!touches(e, request)) continue;
    if (table.allowByDefault && (e.access & request.access)) return false;
    if (!table.allowByDefault && !(request.access & ~e.access)) return true;
  }
  return table.allowByDefault;
}

// The few instructions the assembler uses, and no other.
class Machine {
 public:
  explicit Machine(const std::vector<bpf_insn>& code) : code_(code) {}

  uint64_t run(const Request& request) {
    context_[0] = request.access << 16 | request.type;
    context_[1] = static_cast<uint32_t>(request.major);
    context_[2] = static_cast<uint32_t>(request.minor);
    for (size_t at = 0, steps = 0; at < code_.size() && steps < 10000; ++steps) {
      const bpf_insn& insn = code_[at++];
      if (insn.code == (BPF_JMP | BPF_EXIT)) return registers_[0];
      if (BPF_CLASS(insn.code) == BPF_JMP || BPF_CLASS(insn.code) == BPF_JMP32) {
        if (jumps(insn)) at += static_cast<size_t>(insn.off);
      } else {
        compute(insn);
      }
    }
    ADD_FAILURE() << "the program ran off its end";
    return 2;
  }

 private:
  bool jumps(const bpf_insn& insn) {
    const uint32_t left = static_cast<uint32_t>(registers_[insn.dst_reg]);
    const uint32_t right = static_cast<uint32_t>(insn.imm);
    switch (insn.code) {
      case BPF_JMP | BPF_JA:
        return true;
      case BPF_JMP32 | BPF_JNE | BPF_K:
        return left != right;
      case BPF_JMP32 | BPF_JSET | BPF_K:
        return (left & right) != 0;
    }
    ADD_FAILURE() << "jump " << int{insn.code};
    return false;
  }
  void compute(const bpf_insn& insn) {
    uint64_t& to = registers_[insn.dst_reg];
    const uint32_t value = static_cast<uint32_t>(insn.imm);
    switch (insn.code) {
      case BPF_LDX | BPF_MEM | BPF_W:
        to = context_[insn.off / 4];
        return;
      case BPF_ALU | BPF_MOV | BPF_X:
        to = static_cast<uint32_t>(registers_[insn.src_reg]);
        return;
      case BPF_ALU | BPF_AND | BPF_K:
        to = static_cast<uint32_t>(to) & value;
        return;
      case BPF_ALU | BPF_RSH | BPF_K:
        to = static_cast<uint32_t>(to) >> value;
        return;
      case BPF_ALU64 | BPF_MOV | BPF_K:
        to = value;
        return;
    }
    ADD_FAILURE() << "instruction " << int{insn.code};
  }

  const std::vector<bpf_insn>& code_;
  uint32_t context_[3] = {};
  uint64_t registers_[11] = {};
};

struct Case {
  std::vector<spec::DeviceRule> rules;
  Request request;
  bool allowed;
};

const Case kCases[] = {
    {kContainer, {kCharDevice, kR | kW, 1, 3}, true},
    {kContainer, {kCharDevice, kR, 1, 9}, true},
    {kContainer, {kCharDevice, kR | kW, 1, 9}, false},
    {kContainer, {kCharDevice, kR | kM, 1, 9}, true},
    {kContainer, {kCharDevice, kM, 10, 200}, true},
    {kContainer, {kCharDevice, kR, 10, 200}, false},
    {kContainer, {kBlockDevice, kR, 254, 0}, false},
    {kContainer, {kBlockDevice, kR | kW | kM, 7, 0}, true},
    {kContainer, {kBlockDevice, kR, 1, 3}, false},
    {kContainer, {kCharDevice, kW, 136, 77}, true},
    {{rule(true, "a", -1, -1, "")}, {kBlockDevice, kR | kW | kM, 254, 0}, true},
    {{rule(true, "a", -1, -1, "rwm"), rule(false, "b", 254, -1, "w")},
     {kBlockDevice, kR | kW, 254, 0},
     false},
    {{rule(true, "a", -1, -1, "rwm"), rule(false, "b", 254, -1, "w")},
     {kBlockDevice, kR, 254, 0},
     true},
    {{rule(true, "c", 1, 3, "rwm"), rule(false, "c", 1, 3, "w")},
     {kCharDevice, kR | kW, 1, 3},
     false},
    {{rule(true, "c", 1, 3, "rwm"), rule(false, "a", -1, -1, "rwm")},
     {kCharDevice, kR, 1, 3},
     false},
    {{rule(true, "c", 1, 3, "r")}, {kCharDevice, kR, 1, 3}, true},
    {{rule(true, "c", 1, 3, "r")}, {kCharDevice, kR, 1, 4}, false},
    {{rule(true, "c", 1, -1, "r"), rule(true, "c", -1, 3, "w")},
     {kCharDevice, kR | kW, 1, 3},
     true},
    {{rule(true, "c", 1, -1, "r"), rule(true, "c", -1, 3, "w")},
     {kCharDevice, kR | kW, 1, 4},
     false},
    {{rule(true, "c", 4294967295, 0, "r")}, {kCharDevice, kR, 4294967295, 0}, true},
};

TEST(DeviceRules, EachCaseIsDecidedAlikeByV1AndByTheProgram) {
  for (const Case& c : kCases) {
    const size_t number = static_cast<size_t>(&c - kCases);
    const auto rules = parseDeviceRules(c.rules);
    EXPECT_EQ(oracle(rules, c.request), c.allowed) << number;
    EXPECT_EQ(v1Verdict(compileDeviceTable(rules), c.request), c.allowed) << number;
    const auto code = assembleDeviceProgram(rules);
    EXPECT_EQ(Machine(code).run(c.request), c.allowed ? 1u : 0u) << number;
  }
}

std::vector<DeviceMatch> randomRules(std::mt19937& random) {
  std::vector<DeviceMatch> rules(random() % 9);
  for (DeviceMatch& match : rules) match = randomRule(random);
  return rules;
}

TEST(DeviceRules, RandomListsAreDecidedAlikeByV1AndByTheProgram) {
  std::mt19937 random(20240607);
  int compared = 0, refused = 0;
  for (int round = 0; round < 3000; ++round) {
    const auto rules = randomRules(random);
    const auto code = assembleDeviceProgram(rules);
    std::optional<DeviceTable> table;
    try {
      table = compileDeviceTable(rules);
    } catch (const SysError& error) {
      ASSERT_EQ(error.err, ENOTSUP);
      ++refused;
    }
    for (uint32_t i = 0; i < 2 * 7 * 3 * 3; ++i) {
      const Request request{1 + i % 2, 1 + i / 2 % 7, i / 14 % 3, i / 42 % 3};
      const bool expected = oracle(rules, request);
      ASSERT_EQ(Machine(code).run(request), expected ? 1u : 0u)
          << "round " << round << " request " << i;
      if (!table) continue;
      ASSERT_EQ(v1Verdict(*table, request), expected) << "round " << round << " request " << i;
      ++compared;
    }
  }
  EXPECT_GT(compared, 100000);
  EXPECT_GT(refused, 100);
}

TEST(DeviceRules, WhatV1CannotSayIsRefusedWithBothRules) {
  const auto rules = parseDeviceRules({rule(true, "c", 1, -1, "rwm"), rule(false, "c", 1, 3, "w")});
  const SysError error = failureOf([&] { compileDeviceTable(rules); });
  EXPECT_EQ(error.err, ENOTSUP);
  EXPECT_EQ(error.path, "c 1:3 w");
  EXPECT_NE(error.hint.find("c 1:* rwm"), std::string::npos) << error.hint;
}

TEST(DeviceRules, NonsenseIsRefused) {
  EXPECT_EQ(failureOf([] { parseDeviceRules({rule(true, "x", 1, 3, "r")}); }).err, EINVAL);
  EXPECT_EQ(failureOf([] { parseDeviceRules({rule(true, "c", -2, 3, "r")}); }).err, EINVAL);
  EXPECT_EQ(failureOf([] { parseDeviceRules({rule(true, "c", 1, 4294967296, "r")}); }).err, EINVAL);
  EXPECT_EQ(failureOf([] { parseDeviceRules({rule(true, "c", 1, 3, "rx")}); }).err, EINVAL);
}

TEST(DeviceRules, AnUpdateKeepsDevicesOpenThatStayAllowed) {
  const auto table = compileDeviceTable(
      parseDeviceRules({rule(true, "c", 1, 3, "rw"), rule(true, "c", 1, 5, "r")}));
  const auto lines = deviceLines(table, "c 1:3 rwm\nb 8:* rw\n");
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_TRUE(lines[0].allow && lines[1].allow && !lines[2].allow && !lines[3].allow);
  EXPECT_EQ(lines[2].text, "c 1:3 m");
  EXPECT_EQ(lines[3].text, "b 8:* rw");
  EXPECT_EQ(deviceLines(table, "a *:* rwm\n").front().text, "a");
}

}  // namespace
