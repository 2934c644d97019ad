// SPDX-License-Identifier: Apache-2.0
// Our filters beside libseccomp's: the same verdict for every call.
#include <gtest/gtest.h>

#include <random>

#include "container/seccomp.h"
#include "needs.h"
#include "seccomp_fixture.h"
#include "seccomp_machine.h"
#include "seccomp_oracle.h"

namespace slipway::test {
namespace {

#ifndef SLIPWAY_HAVE_LIBSECCOMP

TEST(SeccompOracle, GivesTheSameVerdicts) { SLIPWAY_NEEDS(false, "libseccomp"); }

#else

using Random = std::mt19937;

// An older libseccomp lacks the newest names, and this one's x32 number: both
// sides then go without them.
bool isComparable(const std::string& name) {
  return oracleKnows(name) && name != "map_shadow_stack";
}

spec::Seccomp withComparableNames(spec::Seccomp profile) {
  for (auto& rule : profile.syscalls) {
    std::erase_if(rule.names, [](const std::string& name) { return !isComparable(name); });
  }
  return profile;
}

void expectSameVerdicts(const spec::Seccomp& profile, SyscallAbi native = nativeSyscallAbi()) {
  const auto ours = compileSeccomp(profile, {.native = native});
  const auto theirs = oracleFilter(profile, native);
  int differences = 0;
  forEachCall(profile, [&](const seccomp_data& call) {
    const uint32_t got = runFilter(ours, call), expected = runFilter(theirs, call);
    if (got == expected || ++differences > 5) return;
    ADD_FAILURE() << describe(call) << std::hex << ": " << got << ", libseccomp has " << expected;
  });
  EXPECT_EQ(differences, 0);
}

class SeccompOracle : public testing::TestWithParam<const char*> {};

TEST_P(SeccompOracle, AgreesOnTheBuiltInProfile) {
  expectSameVerdicts(withComparableNames(readProfile(GetParam())));
}

TEST_P(SeccompOracle, AgreesOnTheBuiltInProfileWithoutOtherAbis) {
  spec::Seccomp profile = withComparableNames(readProfile(GetParam()));
  profile.architectures.clear();
  expectSameVerdicts(profile);
}

INSTANTIATE_TEST_SUITE_P(Contexts, SeccompOracle,
                         testing::Values("usual", "none", "admin", "all", "old"),
                         [](const auto& info) { return std::string(info.param); });

TEST(SeccompOracleArm, AgreesOnTheBuiltInProfileForArm64) {
  expectSameVerdicts(withComparableNames(readProfile("arm64")), SyscallAbi::kAarch64);
}

template <class T>
const T& pick(Random& random, const std::vector<T>& from) {
  return from[random() % from.size()];
}

const std::vector<std::string> kActions{"SCMP_ACT_KILL",  "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRAP",
                                        "SCMP_ACT_ERRNO", "SCMP_ACT_TRACE",        "SCMP_ACT_ALLOW",
                                        "SCMP_ACT_LOG",   "SCMP_ACT_NOTIFY"};
const std::vector<std::string> kOps{"SCMP_CMP_NE",       "SCMP_CMP_LT", "SCMP_CMP_LE",
                                    "SCMP_CMP_EQ",       "SCMP_CMP_GE", "SCMP_CMP_GT",
                                    "SCMP_CMP_MASKED_EQ"};

std::vector<std::string> oracleNames() {
  std::vector<std::string> names;
  for (const char* name : {"read",
                           "write",
                           "open",
                           "close",
                           "stat",
                           "mmap",
                           "mmap2",
                           "brk",
                           "ioctl",
                           "clone",
                           "execve",
                           "socket",
                           "bind",
                           "connect",
                           "accept",
                           "accept4",
                           "recvmsg",
                           "recv",
                           "sendmmsg",
                           "semop",
                           "semtimedop",
                           "msgget",
                           "shmat",
                           "ipc",
                           "socketcall",
                           "rt_sigaction",
                           "getpid",
                           "chown32",
                           "personality",
                           "ptrace",
                           "umount",
                           "umount2",
                           "statx",
                           "clone3",
                           "openat2",
                           "setuid",
                           "setuid32",
                           "cacheflush",
                           "readv",
                           "preadv2",
                           "futex",
                           "futex_waitv",
                           "kexec_load",
                           "fork",
                           "newfstatat",
                           "fstatat64",
                           "arm_fadvise64_64",
                           "io_setup",
                           "reboot"}) {
    names.push_back(name);
  }
  return names;
}

void chooseAction(Random& random, spec::SeccompRule& rule) {
  do {
    rule.action = pick(random, kActions);
  } while (rule.action == "SCMP_ACT_NOTIFY" && rule.names.front() == "write");
  const bool hasData = rule.action == "SCMP_ACT_ERRNO" || rule.action == "SCMP_ACT_TRACE";
  rule.errnoRet.reset();
  if (hasData && random() % 2) rule.errnoRet = random() % 200;
}

spec::SeccompArg chooseArgument(Random& random, uint32_t index) {
  static const std::vector<uint64_t> values{0,
                                            1,
                                            2,
                                            38,
                                            0x7fffffff,
                                            0x80000000,
                                            UINT32_MAX,
                                            uint64_t{1} << 32,
                                            0x7e02000000000001,
                                            ~uint64_t{0}};
  spec::SeccompArg arg{index, pick(random, values), 0, pick(random, kOps)};
  if (arg.op == "SCMP_CMP_MASKED_EQ") arg.valueTwo = pick(random, values);
  return arg;
}

// One rule with conditions on several arguments, all of 64 bits.
void addConjunction(Random& random, spec::Seccomp& profile, const std::string& name) {
  spec::SeccompRule rule{{name}, {}, {}, {}};
  chooseAction(random, rule);
  for (uint32_t index = random() % 3; index < 6; index += 1 + random() % 4) {
    rule.args.push_back(chooseArgument(random, index));
  }
  std::shuffle(rule.args.begin(), rule.args.end(), random);
  profile.syscalls.push_back(rule);
}

// Two rules on one argument, whose actions may differ where both hold. The
// values have 32 bits, none is impossible and not both are inequalities: beyond,
// libseccomp 2.5 gives verdicts no rule asks for, or follows the order of rules.
void addRivals(Random& random, spec::Seccomp& profile, const std::string& name) {
  const uint32_t index = random() % 6;
  for (const bool first : {true, false}) {
    spec::SeccompRule rule{{name}, {}, {}, {}};
    chooseAction(random, rule);
    const std::size_t op = first ? random() % 6 : 1 + random() % 5;
    rule.args.push_back({index, random() % 4 + (first ? 1 : 5), 0, kOps[op]});
    profile.syscalls.push_back(rule);
  }
  if (random() % 2) std::swap(profile.syscalls.end()[-1], profile.syscalls.end()[-2]);
}

// The first without conditions is what counts, wherever it stands.
void addCovered(Random& random, spec::Seccomp& profile, const std::string& name) {
  addConjunction(random, profile, name);
  for (int i = 0; i < 2; i++) {
    spec::SeccompRule rule{{name}, {}, {}, {}};
    do {
      chooseAction(random, rule);
    } while (rule.action == profile.defaultAction);  // such a rule covers nothing
    profile.syscalls.push_back(rule);
  }
  if (random() % 2) addConjunction(random, profile, name);
}

// Two conditions on one argument are alternatives.
void addAlternatives(Random& random, spec::Seccomp& profile, const std::string& name) {
  spec::SeccompRule rule{{name}, {}, {}, {}};
  chooseAction(random, rule);
  rule.args = {{1, 3, 0, "SCMP_CMP_EQ"}, {1, 7 + random() % 9, 0, "SCMP_CMP_GE"}};
  profile.syscalls.push_back(rule);
}

spec::Seccomp randomProfile(Random& random, const std::vector<std::string>& abis) {
  spec::Seccomp profile;
  profile.defaultAction = kActions[random() % (kActions.size() - 1)];
  for (const auto& abi : abis) {
    if (random() % 2) profile.architectures.push_back(abi);
  }
  auto names = oracleNames();
  std::shuffle(names.begin(), names.end(), random);
  names.resize(8 + random() % 30);
  for (std::size_t i = 0; i < names.size(); i++) {
    if (i == 0)
      addRivals(random, profile, names[i]);
    else if (i == 1)
      addAlternatives(random, profile, names[i]);
    else if (i < 4)
      addConjunction(random, profile, names[i]);
    else
      addCovered(random, profile, names[i]);
  }
  return profile;
}

// A profile that libseccomp refuses says nothing about ours, and that must be rare.
void compareRandomProfiles(uint32_t seed, const std::vector<std::string>& abis, SyscallAbi native) {
  Random random(seed);
  int compared = 0;
  for (int i = 0; i < 300; i++) {
    const spec::Seccomp profile = randomProfile(random, abis);
    try {
      oracleFilter(profile, native);
    } catch (const std::runtime_error&) {
      continue;
    }
    SCOPED_TRACE("profile " + std::to_string(i));
    expectSameVerdicts(profile, native);
    compared++;
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(compared, 100);
}

TEST(SeccompOracleRandom, AgreesOnX86) {
  compareRandomProfiles(1, {"SCMP_ARCH_X86", "SCMP_ARCH_X32"}, SyscallAbi::kX86_64);
}

TEST(SeccompOracleRandom, AgreesOnArm) {
  compareRandomProfiles(2, {"SCMP_ARCH_ARM"}, SyscallAbi::kAarch64);
}

#endif

}  // namespace
}  // namespace slipway::test
