// SPDX-License-Identifier: Apache-2.0
#include "sys/mountinfo.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <charconv>

#include "sys/cgroupfs.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace slipway {
namespace {

constexpr const char* kFile = "/proc/self/mountinfo";

uint64_t number(std::string_view word) {
  uint64_t value = 0;
  std::from_chars(word.data(), word.data() + word.size(), value);
  return value;
}

}  // namespace

std::vector<MountRow> parseMountinfo(std::string_view text) {
  std::vector<MountRow> rows;
  for (const std::string_view line : splitWords(text, '\n')) {
    const auto words = splitWords(line);
    if (words.size() < 5) continue;
    rows.push_back({number(words[0]), number(words[1]), unescapeMountPath(words[4])});
  }
  return rows;
}

std::vector<MountRow> readMountinfo(const char* step) {
  const Fd file(check(open(kFile, O_RDONLY | O_CLOEXEC), step, "open", kFile));
  std::string text;
  char chunk[16384];
  while (const ssize_t n = check(read(file.get(), chunk, sizeof chunk), step, "read", kFile))
    text.append(chunk, static_cast<size_t>(n));
  return parseMountinfo(text);
}

std::vector<MountRow> mountsBelow(const std::vector<MountRow>& rows, uint64_t id) {
  std::vector<MountRow> below;
  const auto addChildren = [&](uint64_t parent) {
    for (const MountRow& row : rows) {
      if (row.parent == parent && row.id != parent) below.push_back(row);
    }
  };
  addChildren(id);
  for (size_t i = 0; i < below.size(); i++) addChildren(below[i].id);
  return below;
}

uint64_t mountIdOf(int fd, const char* step, const std::string& shown) {
  struct statx status{};
  check(statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &status), step, "statx", shown);
  return status.stx_mnt_id;
}

std::string unescapeMountPath(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '\\' && i + 3 < text.size();
    if (!escaped) {
      plain += text[i];
      continue;
    }
    plain +=
        static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + text[i + 3] - '0');
    i += 3;
  }
  return plain;
}

}  // namespace slipway
