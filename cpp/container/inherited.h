// SPDX-License-Identifier: Apache-2.0
// What every process gets from its parent. The supervisor puts it back to what
// the kernel begins with, so that the program's own state reaches no container.
// Resource limits are set for each container.
#pragma once

namespace slipway {

// umask, folder, signals, nice value, scheduling policy, IO priority, CPU
// affinity, memory policy, timer slack, securebits, personality, huge pages,
// what goes into a core file, oom score. What only a privileged process may
// loosen stays where this one may not.
void resetInherited();

}  // namespace slipway
