// SPDX-License-Identifier: Apache-2.0
// Paths inside a root folder that somebody hostile may have filled: resolved by
// openat2(2) with the root as "/", never by joining strings.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "sys/fd.h"

namespace slipway {

enum class Links {
  follow,  // links are followed, but never out of the root
  refuse,  // any link in the path is an error (ELOOP)
};

// Opens `path` below `root`. O_CLOEXEC is added. Throws SysError(step, "openat2").
Fd openInRoot(int root, const std::string& path, uint64_t flags, const char* step,
              Links links = Links::follow);

// The same, or an empty Fd when `path` does not exist.
Fd tryOpenInRoot(int root, const std::string& path, uint64_t flags, const char* step,
                 Links links = Links::follow);

// Opens a folder below `root` (O_PATH), making it and its parents (0755) when missing.
Fd makeDirInRoot(int root, const std::string& path, const char* step, Links links = Links::follow);

// Opens a file below `root` as a mount target (O_PATH), making an empty one when missing.
Fd makeFileInRoot(int root, const std::string& path, const char* step);

// Reads a whole regular file of at most `limit` bytes below `root`; empty when
// it is missing. A fifo, a device or a larger file is an error: image content
// must not make the reader wait or grow.
std::string readFileInRoot(int root, const std::string& path, size_t limit, const char* step);

// Writes a small file relative to `dir` in one write(2).
void writeFileAt(int dir, const std::string& path, const std::string& content, int flags,
                 mode_t mode, const char* step);

}  // namespace slipway
