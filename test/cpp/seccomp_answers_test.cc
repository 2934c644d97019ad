// SPDX-License-Identifier: Apache-2.0
// What is said of a filter in advance, beside what it does.
#include "container/seccomp_answers.h"

#include <gtest/gtest.h>
#include <linux/bpf_common.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/syscall.h>

#include <string>
#include <vector>

#include "container/seccomp.h"
#include "seccomp_fixture.h"
#include "seccomp_machine.h"

namespace slipway::test {
namespace {

constexpr const char* kProfiles[] = {"usual", "admin", "old"};

std::vector<sock_filter> compiled(const char* name) {
  SeccompOptions options;
  options.enosysAboveNamed = true;
  return compileSeccomp(readProfile(name), options);
}

TEST(SeccompAnswers, AreAllThatTheFilterGivesWithAnyArguments) {
  for (const char* name : kProfiles) {
    const spec::Seccomp profile = readProfile(name);
    const std::vector<sock_filter> program = compiled(name);
    size_t several = 0;
    forEachCall(profile, [&](const seccomp_data& call) {
      if (call.arch != auditArchOf(nativeSyscallAbi())) return;
      const std::set<uint32_t> answers = possibleAnswers(program, {.number = call.nr});
      several += answers.size() > 1 ? 1 : 0;
      ASSERT_TRUE(answers.contains(runFilter(program, call))) << name << ": " << describe(call);
    });
    EXPECT_GT(several, 0u) << name;
  }
}

TEST(SeccompAnswers, AreTheOneTheFilterGivesWhereAllArgumentsAreKnown) {
  for (const char* name : kProfiles) {
    const spec::Seccomp profile = readProfile(name);
    const std::vector<sock_filter> program = compiled(name);
    forEachCall(profile, [&](const seccomp_data& call) {
      if (call.arch != auditArchOf(nativeSyscallAbi())) return;
      AskedCall asked{.number = call.nr};
      for (size_t i = 0; i < asked.arguments.size(); i++) asked.arguments[i] = call.args[i];
      ASSERT_EQ(possibleAnswers(program, asked), std::set<uint32_t>{runFilter(program, call)})
          << name << ": " << describe(call);
    });
  }
}

TEST(SeccompAnswers, DependOnTheFlagsOfClone) {
  const std::vector<sock_filter> program = compiled("usual");
  EXPECT_TRUE(alwaysAllows(program, {.number = SYS_clone, .arguments = {CLONE_PARENT | CLONE_VM}}));
  EXPECT_TRUE(alwaysRefuses(program, {.number = SYS_clone, .arguments = {CLONE_NEWUSER}}));
  EXPECT_FALSE(alwaysAllows(program, {.number = SYS_clone}));
  EXPECT_FALSE(alwaysRefuses(program, {.number = SYS_clone}));
}

TEST(SeccompAnswers, OfAnUnknownProgramAllowNothing) {
  const std::vector<sock_filter> strange{
      {BPF_LD | BPF_W | BPF_LEN, 0, 0, 0},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  EXPECT_FALSE(alwaysAllows(strange, {.number = SYS_read}));
  const std::vector<sock_filter> endless{{BPF_JMP | BPF_JA, 0, 0, 0xffffffff}};
  EXPECT_FALSE(alwaysAllows(endless, {.number = SYS_read}));
  EXPECT_FALSE(alwaysRefuses(endless, {.number = SYS_read}));
  EXPECT_FALSE(alwaysAllows({}, {.number = SYS_read}));
}

}  // namespace
}  // namespace slipway::test
