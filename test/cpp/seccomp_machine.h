// SPDX-License-Identifier: Apache-2.0
// Runs classic BPF as the kernel runs a seccomp filter, and fails the test on
// any program the kernel would refuse.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <span>

namespace slipway::test {

// The verdict, SECCOMP_RET_* with its data.
uint32_t runFilter(std::span<const sock_filter> program, const seccomp_data& data);

// Instructions passed on the way to the verdict.
uint32_t countSteps(std::span<const sock_filter> program, const seccomp_data& data);

}  // namespace slipway::test
