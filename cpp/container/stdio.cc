// SPDX-License-Identifier: Apache-2.0
#include "container/stdio.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#include "sys/raw.h"

namespace slipway {
namespace {

constexpr const char* kStep = "adopt stdio";

}  // namespace

Fault adoptStdio(std::span<const int> fds) {
  for (size_t fd = 0; fd < fds.size() && fd < 3; fd++) {
    const long moved = raw::call(SYS_dup3, fds[fd], fd, 0);
    if (moved < 0) return faultOf(moved, kStep, "dup3");
    // One of Node's own may be set to not block, which programs do not expect.
    const long flags = raw::call(SYS_fcntl, fd, F_GETFL);
    if (flags < 0) return faultOf(flags, kStep, "fcntl");
    if ((flags & O_NONBLOCK) == 0) continue;
    const long set = raw::call(SYS_fcntl, fd, F_SETFL, flags & ~long{O_NONBLOCK});
    if (set < 0) return faultOf(set, kStep, "fcntl");
  }
  return {};
}

Fault adoptTerminal(int peer) {
  const long owned = raw::call(SYS_ioctl, peer, TIOCSCTTY, 0);
  if (owned < 0) return faultOf(owned, "open terminal", "ioctl", "TIOCSCTTY");
  for (int fd = 0; fd < 3; fd++) {
    const long moved = raw::call(SYS_dup3, peer, fd, 0);
    if (moved < 0) return faultOf(moved, kStep, "dup3");
  }
  return {};
}

}  // namespace slipway
