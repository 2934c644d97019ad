// SPDX-License-Identifier: Apache-2.0
// A filter that an exec agent wears itself, so that all it bears are born with
// it: the kernel translates each one that is attached anew.
#pragma once

#include "container/seccomp.h"

namespace slipway {

// Whether it hinders nothing that an agent and its children do until execve.
bool mayBeWorn(const SeccompFilter& filter);

// By the calling process. True where those it bears can still have a keyring of
// their own; where not, no program can use keys, and one is made here for all.
bool wearFilter(const SeccompFilter& filter);

}  // namespace slipway
