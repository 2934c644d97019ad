// SPDX-License-Identifier: Apache-2.0
// The fork of every child the supervisor has for itself: helper processes that
// answer over a socket and die with it.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>

#include "sys/fd.h"

namespace slipway {

struct Child {
  pid_t pid = 0;
  Fd pidfd, socket;
};

// clone3 with a pidfd; `pid` is 0 in the child. `flags` are CLONE_*. A child by
// CLONE_PARENT has the exit signal of the caller. Throws.
Child cloneChild(const char* step, uint64_t flags = 0, int exitSignal = SIGCHLD);

// Forks a child that holds the other end of `socket` and none of the
// supervisor's descriptors. `body` runs in it, with that end, which stays open;
// what it throws is told over the socket as `failed`, and its return is exit
// code 0.
Child forkChild(const char* step, const std::function<void()>& forgetParent,
                const std::function<void(int socket)>& body, int exitSignal = SIGCHLD);

}  // namespace slipway
