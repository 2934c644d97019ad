// SPDX-License-Identifier: Apache-2.0
#include "seccomp_oracle.h"

#ifdef SLIPWAY_HAVE_LIBSECCOMP

#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>

#include "sys/fd.h"

namespace slipway::test {

namespace {

using Context = std::unique_ptr<void, decltype(&seccomp_release)>;

void require(int result, const std::string& what) {
  if (result < 0) throw std::runtime_error(what + ": error " + std::to_string(result));
}

uint32_t actionOf(const std::string& name, std::optional<uint32_t> data) {
  static const std::map<std::string, uint32_t> known{
      {"SCMP_ACT_KILL", SCMP_ACT_KILL},
      {"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
      {"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
      {"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
      {"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
      {"SCMP_ACT_LOG", SCMP_ACT_LOG},
      {"SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY}};
  if (name == "SCMP_ACT_ERRNO") return SCMP_ACT_ERRNO(data.value_or(EPERM));
  if (name == "SCMP_ACT_TRACE") return SCMP_ACT_TRACE(data.value_or(EPERM));
  return known.at(name);
}

scmp_arg_cmp conditionOf(const spec::SeccompArg& arg) {
  static const std::map<std::string, scmp_compare> known{
      {"SCMP_CMP_NE", SCMP_CMP_NE},
      {"SCMP_CMP_LT", SCMP_CMP_LT},
      {"SCMP_CMP_LE", SCMP_CMP_LE},
      {"SCMP_CMP_EQ", SCMP_CMP_EQ},
      {"SCMP_CMP_GE", SCMP_CMP_GE},
      {"SCMP_CMP_GT", SCMP_CMP_GT},
      {"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ}};
  return {arg.index, known.at(arg.op), arg.value, arg.valueTwo};
}

void addConditions(void* context, uint32_t action, int number,
                   const std::vector<scmp_arg_cmp>& conditions) {
  require(seccomp_rule_add_array(context, action, number, static_cast<unsigned>(conditions.size()),
                                 conditions.data()),
          "rule for " + std::to_string(number));
}

void addRule(void* context, const spec::SeccompRule& rule, uint32_t action, int number) {
  std::vector<scmp_arg_cmp> conditions;
  std::set<uint32_t> indexes;
  for (const auto& arg : rule.args) {
    conditions.push_back(conditionOf(arg));
    indexes.insert(arg.index);
  }
  if (indexes.size() == conditions.size())
    return addConditions(context, action, number, conditions);
  for (const auto& condition : conditions) addConditions(context, action, number, {condition});
}

void chooseArchitectures(void* context, const spec::Seccomp& profile, SyscallAbi native) {
  if (native != nativeSyscallAbi()) {
    require(seccomp_arch_add(context,
                             native == SyscallAbi::kAarch64 ? SCMP_ARCH_AARCH64 : SCMP_ARCH_X86_64),
            "native architecture");
    require(seccomp_arch_remove(context, SCMP_ARCH_NATIVE), "removing this machine");
  }
  for (const auto& name : profile.architectures) {
    std::string word = name.substr(std::string("SCMP_ARCH_").size());
    for (char& letter : word) letter = static_cast<char>(tolower(letter));
    const uint32_t token = seccomp_arch_resolve_name(word.c_str());
    if (seccomp_arch_exist(context, token) != 0) require(seccomp_arch_add(context, token), name);
  }
}

std::vector<sock_filter> exportFilter(void* context) {
  const Fd file(memfd_create("filter", MFD_CLOEXEC));
  require(seccomp_export_bpf(context, file.get()), "export");
  const off_t bytes = lseek(file.get(), 0, SEEK_END);
  std::vector<sock_filter> program(static_cast<std::size_t>(bytes) / sizeof(sock_filter));
  if (pread(file.get(), program.data(), static_cast<std::size_t>(bytes), 0) != bytes) {
    throw std::runtime_error("export: short read");
  }
  return program;
}

}  // namespace

bool oracleKnows(const std::string& name) {
  return seccomp_syscall_resolve_name(name.c_str()) != __NR_SCMP_ERROR;
}

std::vector<sock_filter> oracleFilter(const spec::Seccomp& profile, SyscallAbi native) {
  const uint32_t fallback = actionOf(profile.defaultAction, profile.defaultErrnoRet);
  const Context context(seccomp_init(fallback), seccomp_release);
  if (!context) throw std::runtime_error("no context");
  chooseArchitectures(context.get(), profile, native);
  for (const auto& rule : profile.syscalls) {
    const uint32_t action = actionOf(rule.action, rule.errnoRet);
    if (action == fallback) continue;
    for (const auto& name : rule.names) {
      const int number = seccomp_syscall_resolve_name(name.c_str());
      if (number != __NR_SCMP_ERROR) addRule(context.get(), rule, action, number);
    }
  }
  return exportFilter(context.get());
}

}  // namespace slipway::test

#endif
