// SPDX-License-Identifier: Apache-2.0
// Processes that neither a cgroup nor a pid namespace holds together: found in
// /proc.
#pragma once

#include <sys/types.h>

#include <vector>

namespace slipway {

// Kills all processes of a mount namespace, `ns` a descriptor of it: those of a
// container that has no cgroup and the pid namespace of the machine. Theirs are
// also processes that left its process group, session and parent.
void killInMountNamespace(int ns);

// Kills whatever is a child of this process.
void killChildren();

// Children of this process that send no signal at their end: exec agents and what
// they have borne.
std::vector<pid_t> silentChildren();

// Whether a process has this socket open. Throws EACCES where only root may look.
bool holdsSocket(pid_t pid, ino_t inode);

}  // namespace slipway
