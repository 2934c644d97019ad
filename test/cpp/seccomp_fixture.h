// SPDX-License-Identifier: Apache-2.0
// Profiles and inputs that the seccomp tests share.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <functional>
#include <string>
#include <vector>

#include "container/syscalls.h"
#include "spec/spec.h"

namespace slipway::test {

// test/fixtures/seccomp/<name>.json
spec::Seccomp readProfile(const std::string& name);

uint32_t auditArchOf(SyscallAbi abi);

seccomp_data makeCall(SyscallAbi abi, uint32_t number);

// Values around those the profile compares with, and their neighbours in each half.
std::vector<uint64_t> telltaleValues(const spec::Seccomp& profile);

std::string describe(const seccomp_data& call);

// Every call to judge: all ABIs and an unknown one, the numbers 0 to 600, those
// beyond, and for the calls with conditions each argument with each telltale value.
void forEachCall(const spec::Seccomp& profile, const std::function<void(const seccomp_data&)>& see);

}  // namespace slipway::test
