// SPDX-License-Identifier: Apache-2.0
// Compiled filters, and their way to a process that was forked before they were
// made. Those made earlier it has inherited, so that plans carry only a number.
#pragma once

#include <string>
#include <string_view>

#include "container/seccomp.h"

namespace slipway {

// The highest of those that are there, 0 without any.
uint64_t lastFilter(const SeccompFilters& filters);

// From an OCI linux.seccomp object. Refuses what is not supported.
SeccompFilter makeFilter(std::string_view profileJson);

std::string filterMessage(uint64_t number, const SeccompFilter& filter);

// False when the message is none of these.
bool takeFilter(std::string_view message, SeccompFilters& filters);

}  // namespace slipway
