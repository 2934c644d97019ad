// SPDX-License-Identifier: Apache-2.0
// Which of several conditional rules of one system call decides where more than
// one holds. The order of the profile does not matter: it is libseccomp's
// order, on which profiles in use rely without knowing.
#pragma once

#include <string>
#include <vector>

#include "container/seccomp_rules.h"

namespace slipway {

// First to last: conditions on a later argument; equalities, upper bounds, lower
// bounds; the more telling value. Throws EEXIST, naming the call, for equal
// conditions with different actions.
void orderConditions(std::vector<ConditionalRule>& rules, const std::string& syscall);

}  // namespace slipway
