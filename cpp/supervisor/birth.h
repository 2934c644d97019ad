// SPDX-License-Identifier: Apache-2.0
// The birth of a slot by a helper process, as a child of the supervisor.
#pragma once

#include "supervisor/fork_child.h"
#include "supervisor/slot.h"

namespace slipway {

// By the helper, over `birth`.
void reportBirth(int birth, const Child& child);

// By the supervisor, when the slot's `birth` is readable: takes the process. Throws what the helper
// met before it, or with `pid` alone when no descriptor was free for `pidfd`.
void takeBirth(Slot& slot);

}  // namespace slipway
