// SPDX-License-Identifier: Apache-2.0
// One member of a tar archive, whatever dialect it was written in. Read by
// tar_reader.h, written by tar_writer.h.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

namespace slipway {

enum class TarType { file, hardLink, symlink, charDevice, blockDevice, folder, fifo };

// A run of real bytes in a sparse file; all between two runs is zero.
struct TarRun {
  uint64_t offset = 0, length = 0;
};

struct TarEntry {
  TarType type = TarType::file;
  std::string path, linkPath;
  uint32_t mode = 0;  // permission bits only, 07777
  uint32_t uid = 0, gid = 0;
  uint64_t size = 0;  // of the file as it is read, holes included
  timespec mtime{};
  uint64_t devMajor = 0, devMinor = 0;
  std::vector<std::pair<std::string, std::string>> xattrs;
  bool sparse = false;
  std::vector<TarRun> runs;  // when sparse: ascending, apart, within size
};

}  // namespace slipway
