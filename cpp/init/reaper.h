// SPDX-License-Identifier: Apache-2.0
// Process 1 of a container that asked for an init (docker run --init).
#pragma once

namespace slipway {

// Forks: the child returns and becomes the container's program, the caller stays
// as process 1, passes signals on, reaps orphans and ends with the child's
// code. `socket` closes in the parent, so that its end tells of the child's exec.
void becomeReaper(int socket);

}  // namespace slipway
