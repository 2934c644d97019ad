// SPDX-License-Identifier: Apache-2.0
#include "seccomp_fixture.h"

#include <linux/audit.h>

#include <array>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#include "spec/json.h"
#include "spec/reader.h"

namespace slipway::test {

namespace {

constexpr std::array kAbis{SyscallAbi::kX86_64, SyscallAbi::kI386, SyscallAbi::kX32,
                           SyscallAbi::kAarch64, SyscallAbi::kArm};
constexpr uint32_t kHighestNumber = 600;
// Private to arm, just below the bit of x32, and the one of a skipped call.
constexpr std::array kOddNumbers{0x0f0001U,   0x0f0002U,   0x0f0005U,   0x0f0006U,   0x3fffffffU,
                                 0x40000258U, 0x7fffffffU, 0x80000000U, 0xfffffffeU, 0xffffffffU};

std::set<uint32_t> conditionalNumbers(const spec::Seccomp& profile, SyscallAbi abi) {
  std::set<uint32_t> numbers;
  for (const auto& rule : profile.syscalls) {
    if (rule.args.empty()) continue;
    for (const auto& name : rule.names) {
      if (const auto number = syscallNumber(name, abi)) numbers.insert(*number);
    }
  }
  if (abi == SyscallAbi::kI386) numbers.insert({102, 117});  // socketcall and ipc
  return numbers;
}

void forEachArgument(seccomp_data call, const std::vector<uint64_t>& values, bool wide,
                     const std::function<void(const seccomp_data&)>& see) {
  const uint64_t bits = wide ? ~uint64_t{0} : UINT32_MAX;
  for (const uint64_t others : {values.front(), values.back()}) {
    for (auto& arg : call.args) arg = others & bits;
    for (auto& arg : call.args) {
      for (const uint64_t value : values) {
        arg = value & bits;
        see(call);
      }
      arg = others & bits;
    }
  }
}

}  // namespace

spec::Seccomp readProfile(const std::string& name) {
  const std::string path = std::string(SLIPWAY_FIXTURES) + "/seccomp/" + name + ".json";
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::stringstream text;
  text << file.rdbuf();
  const json::Document document = json::parse(text.str());
  return spec::readSeccomp(document.root());
}

uint32_t auditArchOf(SyscallAbi abi) {
  switch (abi) {
    case SyscallAbi::kI386:
      return AUDIT_ARCH_I386;
    case SyscallAbi::kAarch64:
      return AUDIT_ARCH_AARCH64;
    case SyscallAbi::kArm:
      return AUDIT_ARCH_ARM;
    default:
      return AUDIT_ARCH_X86_64;
  }
}

seccomp_data makeCall(SyscallAbi abi, uint32_t number) {
  seccomp_data call{};
  call.nr = static_cast<int>(number);
  call.arch = auditArchOf(abi);
  return call;
}

std::vector<uint64_t> telltaleValues(const spec::Seccomp& profile) {
  std::set<uint64_t> values{0, 1, UINT32_MAX, uint64_t{1} << 32, ~uint64_t{0}};
  for (const auto& rule : profile.syscalls) {
    for (const auto& arg : rule.args) {
      for (const uint64_t value : {arg.value, arg.valueTwo}) {
        values.insert({value - 1, value, value + 1, value ^ (uint64_t{1} << 33), ~value});
      }
    }
  }
  return {values.begin(), values.end()};
}

std::string describe(const seccomp_data& call) {
  std::ostringstream text;
  text << std::hex << "arch " << call.arch << std::dec << " number " << call.nr << std::hex;
  for (const auto arg : call.args) text << ' ' << arg;
  return text.str();
}

void forEachCall(const spec::Seccomp& profile,
                 const std::function<void(const seccomp_data&)>& see) {
  const auto values = telltaleValues(profile);
  for (const SyscallAbi abi : kAbis) {
    const uint32_t base = abi == SyscallAbi::kX32 ? kX32SyscallBit : 0;
    for (uint32_t number = 0; number <= kHighestNumber; number++) see(makeCall(abi, base + number));
    for (const uint32_t number : kOddNumbers) see(makeCall(abi, number));
    for (const uint32_t number : conditionalNumbers(profile, abi)) {
      forEachArgument(makeCall(abi, number), values, isWide(abi), see);
    }
  }
  seccomp_data unknown = makeCall(SyscallAbi::kX86_64, 0);
  unknown.arch = AUDIT_ARCH_PPC64LE;
  see(unknown);
}

}  // namespace slipway::test
