// SPDX-License-Identifier: Apache-2.0
// /proc/self/mountinfo (proc_pid_mountinfo(5)).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

struct MountRow {
  uint64_t id = 0, parent = 0;
  std::string path;  // as this process sees it
};

std::vector<MountRow> parseMountinfo(std::string_view text);
std::vector<MountRow> readMountinfo(const char* step);

// Those below the mount `id`, parents before children.
std::vector<MountRow> mountsBelow(const std::vector<MountRow>& rows, uint64_t id);

// The id of the mount that an open path is on.
uint64_t mountIdOf(int fd, const char* step, const std::string& shown);

// mountinfo writes space, tab, newline and backslash as three octal digits.
std::string unescapeMountPath(std::string_view text);

}  // namespace slipway
