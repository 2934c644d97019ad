// SPDX-License-Identifier: Apache-2.0
// Unpacks a tar archive that nobody vouches for into a folder. Runs in a worker
// process, as root or as root of a user namespace. Nothing outside the folder is
// created, changed or removed, whatever the archive holds; links in it are
// resolved with the folder as "/".
#pragma once

#include <cstdint>

#include "image/metadata.h"
#include "image/tar_reader.h"
#include "image/tree_path.h"

namespace slipway {

// What a `.wh.` name or a 0:0 character device means.
enum class Whiteouts {
  refuse,   // an error: the archive is a whole file system
  overlay,  // a file removed from the layer below, written as overlayfs wants it
  plain,    // a name like any other; the device is still an error
};

struct UnpackOptions {
  TarLimits limits;
  TreePathLimits paths;
  Whiteouts whiteouts = Whiteouts::refuse;
  // Give files of ids that do not exist here to 0, without their set-id bits.
  bool squashOwners = false;
  // A folder never takes the place of something else, nor the other way round.
  bool keepKinds = false;
  // On disk before it is reported as done.
  bool sync = false;
};

struct UnpackResult {
  uint64_t entries = 0;         // members of the archive
  uint64_t fileBytes = 0;       // of all regular files, holes included
  uint64_t archiveBytes = 0;    // read from the descriptor
  uint64_t skippedDevices = 0;  // the kernel lets no user namespace make them
  uint64_t whiteouts = 0;
  MetadataCounts metadata;
};

// Throws UnpackError for what is wrong with the archive and SysError for what the
// kernel refused; the folder then holds whatever came before.
UnpackResult unpackTar(int tarFd, int rootDirFd, const UnpackOptions& options = {});

}  // namespace slipway
