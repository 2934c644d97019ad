// SPDX-License-Identifier: Apache-2.0
// Buffered bytes of a descriptor that is read once, front to back: a pipe fed by
// another process as well as a file. Memory use is one fixed buffer.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace slipway {

class ByteSource {
 public:
  // Fails with TOO_LARGE once more than `maxBytes` were read.
  ByteSource(int fd, uint64_t maxBytes) : fd_(fd), maxBytes_(maxBytes), buffer_(kBufferBytes) {}

  // At most `max` bytes, valid until the next call; empty at the end.
  std::string_view take(uint64_t max);

  // Fills `out`; less than `length` bytes only at the end.
  size_t read(char* out, size_t length);

  uint64_t consumed() const { return consumed_; }

 private:
  static constexpr size_t kBufferBytes = 256 * 1024;

  void fill();

  int fd_;
  uint64_t maxBytes_, consumed_ = 0, read_ = 0;
  std::vector<char> buffer_;
  size_t begin_ = 0, end_ = 0;
};

}  // namespace slipway
