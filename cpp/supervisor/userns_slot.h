// SPDX-License-Identifier: Apache-2.0
// The start of a container in another user namespace. Some things only
// the machine's root may do, others only the namespace's:
//
//   supervisor          helper (root of the machine)      container
//       | --- fork ----------> |
//       |                      | cgroup: make, join, limits
//       |                      | --- clone NEWUSER|NEWPID --> |
//       | <--- born { pid } ---|   (a child of the supervisor)
//       |                      | uid_map, gid_map             |
//       |                      | overlays on id-mapped layers |
//       |                      | --- rootfs { mounts } -----> | goes on as usual
//       |                      x ends
//
// With another's user namespace, the overlays are made first, then the helper
// enters it and clones the container there.
#pragma once

#include "supervisor/slot.h"

namespace slipway {

// The slot has no process yet: its `birth` becomes readable when it has, or when
// there will be none.
Slot forkUsernsSlot(const SlotOrder& order, const SlotEnvironment& environment);

}  // namespace slipway
