// SPDX-License-Identifier: Apache-2.0
// The filter that libseccomp makes of a profile, driven as the usual runtimes
// drive it. A second opinion for tests only.
#pragma once

#ifdef SLIPWAY_HAVE_LIBSECCOMP

#include <linux/filter.h>

#include <string>
#include <vector>

#include "container/seccomp.h"
#include "spec/spec.h"

namespace slipway::test {

// Whether this libseccomp, which may be older than our table, has the name.
bool oracleKnows(const std::string& name);

// Throws std::runtime_error where libseccomp refuses the profile.
std::vector<sock_filter> oracleFilter(const spec::Seccomp& profile,
                                      SyscallAbi native = nativeSyscallAbi());

}  // namespace slipway::test

#endif
