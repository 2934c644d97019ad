// SPDX-License-Identifier: Apache-2.0
#include "image/byte_source.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "image/unpack_error.h"
#include "sys/error.h"

namespace slipway {

void ByteSource::fill() {
  for (;;) {
    const ssize_t n = ::read(fd_, buffer_.data(), buffer_.size());
    if (n >= 0) {
      begin_ = 0;
      end_ = static_cast<size_t>(n);
      read_ += end_;
      if (read_ > maxBytes_)
        throw UnpackError("TOO_LARGE", "",
                          "the archive is larger than " + std::to_string(maxBytes_) + " bytes");
      return;
    }
    const int saved = errno;
    if (saved == EINTR) continue;
    if (saved != EAGAIN) throw SysError("read archive", "read", "", saved);
    pollfd ready{fd_, POLLIN, 0};
    if (poll(&ready, 1, -1) < 0 && errno != EINTR)
      throw SysError("read archive", "poll", "", errno);
  }
}

std::string_view ByteSource::take(uint64_t max) {
  if (max == 0) return {};
  if (begin_ == end_) fill();
  const size_t length = static_cast<size_t>(std::min<uint64_t>(max, end_ - begin_));
  const std::string_view bytes(buffer_.data() + begin_, length);
  begin_ += length;
  consumed_ += length;
  return bytes;
}

size_t ByteSource::read(char* out, size_t length) {
  size_t done = 0;
  while (done < length) {
    const std::string_view bytes = take(length - done);
    if (bytes.empty()) break;
    memcpy(out + done, bytes.data(), bytes.size());
    done += bytes.size();
  }
  return done;
}

}  // namespace slipway
