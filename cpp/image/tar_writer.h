// SPDX-License-Identifier: Apache-2.0
// Writes tar archives: plain ustar headers, with a pax header in front of what
// does not fit. The same entries give the same bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "image/tar_entry.h"

namespace slipway {

class TarWriter {
 public:
  explicit TarWriter(int fd) : fd_(fd) {}

  // A file's `entry.size` bytes follow by write(), then the next add() or end().
  void add(const TarEntry& entry);
  void write(std::string_view bytes);
  void end();

  uint64_t written() const { return written_; }

 private:
  void header(const TarEntry& entry, char type, uint64_t size, std::string_view name);
  void pad(uint64_t size);
  void flush();

  int fd_;
  uint64_t written_ = 0, padding_ = 0;
  std::string buffer_;
};

}  // namespace slipway
