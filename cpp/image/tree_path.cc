// SPDX-License-Identifier: Apache-2.0
#include "image/tree_path.h"

#include "image/unpack_error.h"

namespace slipway {
namespace {

// A name of 64 KiB would fill the screen of whoever reads the message.
std::string shorten(std::string_view name) {
  return name.size() <= 200 ? std::string(name) : std::string(name.substr(0, 197)) + "...";
}

std::string join(const std::vector<std::string>& parts, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; i++) text += (i ? "/" : "") + parts[i];
  return text;
}

}  // namespace

std::string TreePath::parent() const { return join(parts, parts.size() - 1); }
std::string TreePath::text() const { return join(parts, parts.size()); }

TreePath cleanTreePath(std::string_view name, const TreePathLimits& limits) {
  if (name.size() > limits.maxPathBytes)
    throw UnpackError("NAME_TOO_LONG", shorten(name), "the path is too long");
  TreePath path;
  for (size_t at = 0; at <= name.size();) {
    const size_t slash = name.find('/', at), end = slash == name.npos ? name.size() : slash;
    const std::string_view part = name.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (path.parts.empty())
        throw UnpackError("PATH_ESCAPES", shorten(name), "the path leads out of the archive");
      path.parts.pop_back();
      continue;
    }
    if (part.size() > limits.maxNameBytes)
      throw UnpackError("NAME_TOO_LONG", shorten(name), "a name is too long");
    path.parts.emplace_back(part);
    if (path.parts.size() > limits.maxDepth)
      throw UnpackError("TOO_DEEP", shorten(name), "folders are nested too deep");
  }
  return path;
}

}  // namespace slipway
