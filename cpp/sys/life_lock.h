// SPDX-License-Identifier: Apache-2.0
// A mark on a file or folder that its holder is alive: a shared record lock
// (fcntl(2)). Unlike that of flock(2) no forked child inherits it, so the death
// of the holder frees it at that moment. Closing any descriptor of the file in
// the holder frees it too.
#pragma once

namespace slipway {

// False, with errno, when it cannot be had.
bool holdLifeLock(int fd);

// Whether another process holds it.
bool isLifeLockHeld(int fd);

}  // namespace slipway
