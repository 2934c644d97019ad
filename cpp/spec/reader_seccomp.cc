// SPDX-License-Identifier: Apache-2.0
// The `linux.seccomp` section.
#include "spec/reader.h"
#include "spec/reader_parts.h"

namespace slipway::spec {

using json::Value;

namespace {

constexpr std::string_view kActions[] = {
    "SCMP_ACT_KILL",  "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
    "SCMP_ACT_TRAP",  "SCMP_ACT_ERRNO",        "SCMP_ACT_TRACE",
    "SCMP_ACT_ALLOW", "SCMP_ACT_LOG",          "SCMP_ACT_NOTIFY"};
constexpr std::string_view kOperators[] = {"SCMP_CMP_NE",       "SCMP_CMP_LT", "SCMP_CMP_LE",
                                           "SCMP_CMP_EQ",       "SCMP_CMP_GE", "SCMP_CMP_GT",
                                           "SCMP_CMP_MASKED_EQ"};
constexpr std::string_view kFlags[] = {"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG",
                                       "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
                                       "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"};
constexpr std::string_view kArchitectures[] = {
    "SCMP_ARCH_X86",         "SCMP_ARCH_X86_64",      "SCMP_ARCH_X32",    "SCMP_ARCH_ARM",
    "SCMP_ARCH_AARCH64",     "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K",   "SCMP_ARCH_MIPS",
    "SCMP_ARCH_MIPS64",      "SCMP_ARCH_MIPS64N32",   "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64",
    "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",         "SCMP_ARCH_PPC64",  "SCMP_ARCH_PPC64LE",
    "SCMP_ARCH_S390",        "SCMP_ARCH_S390X",       "SCMP_ARCH_SH",     "SCMP_ARCH_SHEB",
    "SCMP_ARCH_PARISC",      "SCMP_ARCH_PARISC64",    "SCMP_ARCH_RISCV64"};

// An errno beside an action that returns none would be silently lost.
void readErrno(const Value& value, std::string_view key, const std::string& action,
               std::optional<uint32_t>& out) {
  value.read(key, out);
  if (out && action != "SCMP_ACT_ERRNO" && action != "SCMP_ACT_TRACE") {
    value.at(key).refuse("only SCMP_ACT_ERRNO and SCMP_ACT_TRACE return a number, not " + action);
  }
}

SeccompArg readArg(const Value& value) {
  SeccompArg arg;
  value.require("index", arg.index);
  value.require("value", arg.value);
  value.read("valueTwo", arg.valueTwo);
  arg.op = value.at("op").asOneOf(kOperators);
  return arg;
}

SeccompRule readRule(const Value& value) {
  SeccompRule rule;
  value.require("names", rule.names);
  if (rule.names.empty()) value.at("names").refuse("expected at least one name");
  rule.action = value.at("action").asOneOf(kActions);
  readErrno(value, "errnoRet", rule.action, rule.errnoRet);
  value.readList("args", rule.args, readArg);
  return rule;
}

}  // namespace

Seccomp readSeccomp(const Value& value) {
  Seccomp seccomp;
  seccomp.defaultAction = value.at("defaultAction").asOneOf(kActions);
  readErrno(value, "defaultErrnoRet", seccomp.defaultAction, seccomp.defaultErrnoRet);
  readManyOf(value, "architectures", seccomp.architectures, kArchitectures);
  readManyOf(value, "flags", seccomp.flags, kFlags);
  value.read("listenerPath", seccomp.listenerPath);
  value.read("listenerMetadata", seccomp.listenerMetadata);
  value.readList("syscalls", seccomp.syscalls, readRule);
  return seccomp;
}

}  // namespace slipway::spec
