// SPDX-License-Identifier: Apache-2.0
// A member's name as a path below the root of a tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway {

struct TreePathLimits {
  size_t maxPathBytes = 4095;  // PATH_MAX without its NUL
  size_t maxNameBytes = 255;   // NAME_MAX
  size_t maxDepth = 512;
};

struct TreePath {
  std::vector<std::string> parts;  // no "." or "..", none empty; no part is the root

  bool isRoot() const { return parts.empty(); }
  const std::string& name() const { return parts.back(); }
  std::string parent() const;
  std::string text() const;
};

// "." and ".." are taken away without looking at any file; a leading slash means
// nothing. Throws UnpackError PATH_ESCAPES, NAME_TOO_LONG or TOO_DEEP.
TreePath cleanTreePath(std::string_view name, const TreePathLimits& limits);

}  // namespace slipway
