// SPDX-License-Identifier: Apache-2.0
// Copies a folder into another, descriptor to descriptor: kinds, modes, owners,
// hard links, extended attributes, times and holes. Nothing outside the two is
// read or changed, whatever links the source holds.
#pragma once

#include <cstdint>

#include "image/metadata.h"

namespace slipway {

struct CopyOptions {
  bool squashOwners = false;  // as in UnpackOptions
  bool sync = false;
};

struct CopyResult {
  uint64_t entries = 0, fileBytes = 0;
  uint64_t skippedDevices = 0;  // the kernel lets no user namespace make them
  uint64_t skippedSockets = 0;  // nobody listens on a copy
  uint64_t skippedMounts = 0;   // copied as empty folders or files
  MetadataCounts metadata;
};

// `destDirFd` takes the attributes of `sourceDirFd` too. A name that exists in it
// already is an error (EEXIST).
CopyResult copyTree(int sourceDirFd, int destDirFd, const CopyOptions& options = {});

}  // namespace slipway
