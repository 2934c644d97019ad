// SPDX-License-Identifier: Apache-2.0
// What a compiled filter decides, beside a plain reading of its profile.
#include "container/seccomp.h"

#include <gtest/gtest.h>
#include <linux/audit.h>

#include <cerrno>
#include <random>

#include "seccomp_fixture.h"
#include "seccomp_machine.h"
#include "sys/error.h"

namespace slipway::test {
namespace {

constexpr uint32_t kRefused = SECCOMP_RET_ERRNO | EPERM;

spec::Seccomp makeProfile(std::vector<spec::SeccompRule> rules) {
  spec::Seccomp profile;
  profile.defaultAction = "SCMP_ACT_ERRNO";
  profile.syscalls = std::move(rules);
  return profile;
}

spec::SeccompRule allow(const std::string& name, std::vector<spec::SeccompArg> args = {}) {
  return {{name}, "SCMP_ACT_ALLOW", {}, std::move(args)};
}

uint32_t number(const std::string& name, SyscallAbi abi) {
  return syscallNumber(name, abi).value();
}

uint32_t judge(const spec::Seccomp& profile, const seccomp_data& call,
               SyscallAbi native = SyscallAbi::kX86_64) {
  return runFilter(compileSeccomp(profile, {.native = native}), call);
}

uint32_t judge(const spec::Seccomp& profile, const std::string& name, uint64_t argument = 0) {
  seccomp_data call = makeCall(SyscallAbi::kX86_64, number(name, SyscallAbi::kX86_64));
  call.args[0] = argument;
  return judge(profile, call);
}

void expectRefusal(const spec::Seccomp& profile, int err, const std::string& path) {
  try {
    compileSeccomp(profile);
    FAIL() << "compiled, where " << path << " should be refused";
  } catch (const SysError& error) {
    EXPECT_EQ(error.err, err);
    EXPECT_EQ(error.step, "seccomp");
    EXPECT_EQ(error.syscall, "compile");
    EXPECT_EQ(error.path, path);
    EXPECT_NE(error.hint, "");
  }
}

TEST(Seccomp, GivesEachActionItsVerdict) {
  const std::pair<spec::SeccompRule, uint32_t> actions[]{
      {{{"read"}, "SCMP_ACT_KILL", {}, {}}, SECCOMP_RET_KILL_THREAD},
      {{{"read"}, "SCMP_ACT_KILL_THREAD", {}, {}}, SECCOMP_RET_KILL_THREAD},
      {{{"read"}, "SCMP_ACT_KILL_PROCESS", {}, {}}, SECCOMP_RET_KILL_PROCESS},
      {{{"read"}, "SCMP_ACT_TRAP", {}, {}}, SECCOMP_RET_TRAP},
      {{{"read"}, "SCMP_ACT_ERRNO", 4095, {}}, SECCOMP_RET_ERRNO | 4095},
      {{{"read"}, "SCMP_ACT_ERRNO", 0, {}}, SECCOMP_RET_ERRNO},
      {{{"read"}, "SCMP_ACT_TRACE", {}, {}}, SECCOMP_RET_TRACE | EPERM},
      {{{"read"}, "SCMP_ACT_TRACE", 65535, {}}, SECCOMP_RET_TRACE | 65535},
      {{{"read"}, "SCMP_ACT_LOG", {}, {}}, SECCOMP_RET_LOG},
      {{{"read"}, "SCMP_ACT_ALLOW", {}, {}}, SECCOMP_RET_ALLOW},
      {{{"read"}, "SCMP_ACT_NOTIFY", {}, {}}, SECCOMP_RET_USER_NOTIF},
  };
  for (const auto& [rule, verdict] : actions) {
    EXPECT_EQ(judge(makeProfile({rule}), "read"), verdict) << rule.action;
    EXPECT_EQ(judge(makeProfile({rule}), "open"), kRefused) << rule.action;
  }
}

TEST(Seccomp, KillsCallsOfMachinesThatAreNotListed) {
  seccomp_data call = makeCall(SyscallAbi::kI386, 3);
  EXPECT_EQ(judge(makeProfile({allow("read")}), call), SECCOMP_RET_KILL_THREAD);
  call = makeCall(SyscallAbi::kX32, kX32SyscallBit);
  EXPECT_EQ(judge(makeProfile({allow("read")}), call), SECCOMP_RET_KILL_THREAD);
}

TEST(Seccomp, LetsATracerSkipACall) {
  const seccomp_data skipped = makeCall(SyscallAbi::kX86_64, UINT32_MAX);
  EXPECT_EQ(judge(makeProfile({allow("read")}), skipped), kRefused);
}

TEST(Seccomp, AnswersENOSYSAboveTheNamedNumbersWhenAsked) {
  const auto program = compileSeccomp(makeProfile({allow("read"), allow("statx")}),
                                      {.native = SyscallAbi::kX86_64, .enosysAboveNamed = true});
  const uint32_t highest = number("statx", SyscallAbi::kX86_64);
  const auto verdict = [&](uint32_t nr) {
    return runFilter(program, makeCall(SyscallAbi::kX86_64, nr));
  };
  EXPECT_EQ(verdict(highest), SECCOMP_RET_ALLOW);
  EXPECT_EQ(verdict(highest - 1), kRefused);
  EXPECT_EQ(verdict(highest + 1), SECCOMP_RET_ERRNO | ENOSYS);
  EXPECT_EQ(verdict(UINT32_MAX), kRefused);
}

TEST(Seccomp, KeepsAPermissiveDefaultAboveTheNamedNumbers) {
  spec::Seccomp profile = makeProfile({{{"read"}, "SCMP_ACT_ERRNO", {}, {}}});
  profile.defaultAction = "SCMP_ACT_ALLOW";
  const auto program =
      compileSeccomp(profile, {.native = SyscallAbi::kX86_64, .enosysAboveNamed = true});
  EXPECT_EQ(runFilter(program, makeCall(SyscallAbi::kX86_64, 400)), SECCOMP_RET_ALLOW);
}

TEST(Seccomp, PassesOverNamesItDoesNotKnow) {
  const spec::Seccomp profile = makeProfile({allow("s390_runtime_instr"), allow("no_such_call")});
  EXPECT_EQ(judge(profile, "read"), kRefused);
}

TEST(Seccomp, CoversTheCallsBehindSocketcall) {
  spec::Seccomp profile = makeProfile({allow("bind"), allow("recv")});
  profile.architectures = {"SCMP_ARCH_X86"};
  const auto socketcall = [&](uint64_t which) {
    seccomp_data call = makeCall(SyscallAbi::kI386, number("socketcall", SyscallAbi::kI386));
    call.args[0] = which;
    return judge(profile, call);
  };
  EXPECT_EQ(socketcall(2), SECCOMP_RET_ALLOW);
  EXPECT_EQ(socketcall(10), SECCOMP_RET_ALLOW);
  EXPECT_EQ(socketcall(1), kRefused);
}

TEST(Seccomp, TakesTheFirstUnconditionalRuleBehindSocketcallToo) {
  spec::SeccompRule trap{{"bind"}, "SCMP_ACT_TRAP", {}, {{1, 5, 0, "SCMP_CMP_EQ"}}};
  spec::SeccompRule kill{{"bind"}, "SCMP_ACT_KILL", {}, {}};
  spec::Seccomp profile = makeProfile({trap, allow("bind"), kill});
  profile.architectures = {"SCMP_ARCH_X86"};
  seccomp_data call = makeCall(SyscallAbi::kI386, number("socketcall", SyscallAbi::kI386));
  call.args[0] = 2;
  call.args[1] = 5;
  EXPECT_EQ(judge(profile, call), SECCOMP_RET_ALLOW);
}

TEST(Seccomp, NamesTheWordItDoesNotKnow) {
  spec::Seccomp profile = makeProfile({{{"read"}, "SCMP_ACT_DENY", {}, {}}});
  expectRefusal(profile, EINVAL, "SCMP_ACT_DENY");
  profile = makeProfile({allow("read", {{0, 1, 0, "SCMP_CMP_IN"}})});
  expectRefusal(profile, EINVAL, "SCMP_CMP_IN");
  profile = makeProfile({});
  profile.architectures = {"SCMP_ARCH_S390X", "SCMP_ARCH_VAX"};
  expectRefusal(profile, EINVAL, "SCMP_ARCH_VAX");
  profile = makeProfile({});
  profile.defaultAction = "";
  expectRefusal(profile, EINVAL, "");
}

TEST(Seccomp, RefusesWhatCannotBeDone) {
  expectRefusal(makeProfile({allow("read", {{6, 1, 0, "SCMP_CMP_EQ"}})}), EINVAL, "argument 6");
  expectRefusal(makeProfile({{{"read"}, "SCMP_ACT_ALLOW", 1, {}}}), EINVAL, "SCMP_ACT_ALLOW");
  expectRefusal(makeProfile({{{"read"}, "SCMP_ACT_ERRNO", 4096, {}}}), EINVAL, "SCMP_ACT_ERRNO");
  expectRefusal(makeProfile({{{"write"}, "SCMP_ACT_NOTIFY", {}, {}}}), EINVAL, "SCMP_ACT_NOTIFY");
  spec::Seccomp profile = makeProfile({});
  profile.defaultAction = "SCMP_ACT_NOTIFY";
  expectRefusal(profile, EINVAL, "SCMP_ACT_NOTIFY");
}

TEST(Seccomp, RefusesTwoActionsForTheSameConditions) {
  const std::vector<spec::SeccompArg> args{{0, 1, 0, "SCMP_CMP_EQ"}};
  const spec::SeccompRule trap{{"read"}, "SCMP_ACT_TRAP", {}, args};
  expectRefusal(makeProfile({trap, allow("read", args)}), EEXIST, "system call 0");
}

// Enough values on one call to fill the kernel's 4096 instructions and more.
spec::Seccomp crowdedProfile(uint64_t values) {
  spec::Seccomp profile = makeProfile({allow("read"), allow("write")});
  for (uint64_t value = 0; value < values; value++) {
    profile.syscalls.push_back(allow("ioctl", {{0, value, 0, "SCMP_CMP_EQ"}}));
  }
  return profile;
}

TEST(Seccomp, ReachesBeyondShortJumps) {
  const spec::Seccomp profile = crowdedProfile(900);
  const auto program = compileSeccomp(profile);
  EXPECT_GT(program.size(), 1000U);
  for (const uint64_t value : {0, 1, 450, 898, 899}) {
    EXPECT_EQ(judge(profile, "ioctl", value), SECCOMP_RET_ALLOW) << value;
  }
  EXPECT_EQ(judge(profile, "ioctl", 900), kRefused);
  EXPECT_EQ(judge(profile, "ioctl", uint64_t{1} << 32), kRefused);
  EXPECT_EQ(judge(profile, "read"), SECCOMP_RET_ALLOW);
  EXPECT_EQ(judge(profile, "write"), SECCOMP_RET_ALLOW);
  EXPECT_EQ(judge(profile, "open"), kRefused);
}

TEST(Seccomp, SaysWhenAProfileIsTooLong) {
  expectRefusal(crowdedProfile(1500), E2BIG, "filter");
  expectRefusal(crowdedProfile(20000), E2BIG, "filter");
}

// Rules of one action: which of them holds does not matter, only whether any does.
bool holds(const spec::SeccompArg& arg, uint64_t given) {
  if (arg.op == "SCMP_CMP_NE") return given != arg.value;
  if (arg.op == "SCMP_CMP_LT") return given < arg.value;
  if (arg.op == "SCMP_CMP_LE") return given <= arg.value;
  if (arg.op == "SCMP_CMP_EQ") return given == arg.value;
  if (arg.op == "SCMP_CMP_GE") return given >= arg.value;
  if (arg.op == "SCMP_CMP_GT") return given > arg.value;
  return (given & arg.value) == (arg.valueTwo & arg.value);
}

bool anyHolds(const spec::Seccomp& profile, const seccomp_data& call) {
  for (const auto& rule : profile.syscalls) {
    bool all = true;
    for (const auto& arg : rule.args) all = all && holds(arg, call.args[arg.index]);
    if (all) return true;
  }
  return false;
}

spec::Seccomp randomConditions(std::mt19937& random) {
  const uint64_t values[]{0,           1, 5, UINT32_MAX, uint64_t{1} << 32, (uint64_t{5} << 32) + 5,
                          ~uint64_t{0}};
  const char* ops[]{"SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE",       "SCMP_CMP_EQ",
                    "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"};
  spec::Seccomp profile = makeProfile({});
  for (uint32_t rules = 1 + random() % 5; rules > 0; rules--) {
    spec::SeccompRule rule = allow("ioctl");
    for (uint32_t index = random() % 2; index < 3; index += 1 + random() % 2) {
      rule.args.push_back({index, values[random() % 7], values[random() % 7], ops[random() % 7]});
    }
    profile.syscalls.push_back(rule);
  }
  return profile;
}

void checkRandomConditions(uint32_t seed) {
  std::mt19937 random(seed);
  for (int i = 0; i < 300; i++) {
    const spec::Seccomp profile = randomConditions(random);
    const auto program = compileSeccomp(profile, {.native = SyscallAbi::kX86_64});
    const auto values = telltaleValues(profile);
    for (int j = 0; j < 500; j++) {
      seccomp_data call = makeCall(SyscallAbi::kX86_64, number("ioctl", SyscallAbi::kX86_64));
      for (auto& arg : call.args) arg = values[random() % values.size()];
      const uint32_t expected = anyHolds(profile, call) ? SECCOMP_RET_ALLOW : kRefused;
      ASSERT_EQ(runFilter(program, call), expected) << "profile " << i << ", " << describe(call);
    }
  }
}

TEST(Seccomp, HoldsAnyOfTheRulesOfACallAndAllConditionsOfARule) { checkRandomConditions(3); }

TEST(Seccomp, JudgesEveryNameOfTheBuiltInProfileOnEveryAbi) {
  const spec::Seccomp profile = readProfile("all");
  const auto program = compileSeccomp(profile, {.native = SyscallAbi::kX86_64});
  for (const SyscallAbi abi : {SyscallAbi::kX86_64, SyscallAbi::kI386, SyscallAbi::kX32}) {
    for (const auto& rule : profile.syscalls) {
      if (!rule.args.empty()) continue;
      for (const auto& name : rule.names) {
        const auto found = syscallNumber(name, abi);
        if (!found) continue;
        EXPECT_EQ(runFilter(program, makeCall(abi, *found)), SECCOMP_RET_ALLOW) << name;
      }
    }
  }
}

// The kernel walks the filter once for each number when it is installed.
TEST(Seccomp, StaysShortAndFlat) {
  spec::Seccomp profile = readProfile("usual");
  EXPECT_LE(compileSeccomp(profile, {.native = SyscallAbi::kX86_64}).size(), 300U);
  profile.architectures.clear();
  const auto program = compileSeccomp(profile, {.native = SyscallAbi::kX86_64});
  EXPECT_LE(program.size(), 120U);
  uint32_t steps = 0;
  for (uint32_t nr = 0; nr < 480; nr++) {
    steps += countSteps(program, makeCall(SyscallAbi::kX86_64, nr));
  }
  EXPECT_LE(steps / 480, 12U);
}

TEST(SyscallTable, HasTheNumbersOfEachAbi) {
  EXPECT_EQ(syscallNumber("read", SyscallAbi::kX86_64), 0U);
  EXPECT_EQ(syscallNumber("read", SyscallAbi::kI386), 3U);
  EXPECT_EQ(syscallNumber("readv", SyscallAbi::kX32), kX32SyscallBit + 515);
  EXPECT_EQ(syscallNumber("read", SyscallAbi::kAarch64), 63U);
  EXPECT_EQ(syscallNumber("cacheflush", SyscallAbi::kArm), 0xf0002U);
  EXPECT_EQ(syscallNumber("file_setattr", SyscallAbi::kAarch64), 469U);
  EXPECT_EQ(syscallNumber("mmap2", SyscallAbi::kX86_64), std::nullopt);
  EXPECT_EQ(syscallNumber("", SyscallAbi::kX86_64), std::nullopt);
  EXPECT_EQ(syscallNumber("zzz", SyscallAbi::kX86_64), std::nullopt);
}

}  // namespace
}  // namespace slipway::test
