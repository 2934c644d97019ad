// SPDX-License-Identifier: Apache-2.0
// A pseudo-terminal from the container's own devpts: never one of the machine,
// so nothing the container types reaches the caller's terminal.
#pragma once

#include <optional>

#include "spec/spec.h"
#include "sys/fd.h"

namespace slipway {

struct Terminal {
  Fd master;  // for the engine
  Fd peer;    // the container's side
};

// `root` is the container's root. Opens /dev/pts/ptmx there (device 5:2 on a
// devpts, no link) and takes the peer from the master itself (TIOCGPTPEER, 4.13).
Terminal openTerminal(int root, const std::optional<spec::ConsoleSize>& size);

// Puts the peer at /dev/console below `root`.
void bindConsole(int root, const Terminal& terminal);

}  // namespace slipway
