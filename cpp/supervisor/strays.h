// SPDX-License-Identifier: Apache-2.0
// Processes that neither a cgroup nor a pid namespace holds together: found in
// /proc.
#pragma once

namespace slipway {

// Kills all processes of a mount namespace, `ns` a descriptor of it: those of a
// container that has no cgroup and the pid namespace of the machine. Theirs are
// also processes that left its process group, session and parent.
void killInMountNamespace(int ns);

// Kills whatever is a child of this process.
void killChildren();

}  // namespace slipway
