// SPDX-License-Identifier: Apache-2.0
// A folder as a tar archive, the same bytes for the same tree: a layer's digest
// is that of these bytes. Runs in a worker process.
#pragma once

#include <cstdint>

namespace slipway {

struct PackResult {
  uint64_t entries = 0, archiveBytes = 0;
  uint64_t skippedSockets = 0;  // tar has no form for them
  uint64_t skippedMounts = 0;   // written as empty folders or files
};

// Throws SysError; EPIPE (with SIGPIPE ignored) when nobody reads on.
PackResult packTar(int rootDirFd, int tarFd);

}  // namespace slipway
