// SPDX-License-Identifier: Apache-2.0
#include "image/tar_numbers.h"

#include <limits>

namespace slipway {
namespace {

bool isBlank(char c) { return c == ' ' || c == '\0'; }

std::optional<int64_t> parseBase256(const char* field, size_t length) {
  const bool negative = field[0] & 0x40;
  // Held inverted when negative, so that leading bytes are 0 in both cases.
  const unsigned char invert = negative ? 0xff : 0;
  uint64_t value = 0;
  for (size_t i = 0; i < length; i++) {
    auto byte = static_cast<unsigned char>(static_cast<unsigned char>(field[i]) ^ invert);
    if (i == 0) byte &= 0x3f;
    if (value >> 56) return std::nullopt;
    value = value << 8 | byte;
  }
  if (value >> 63) return std::nullopt;
  return negative ? static_cast<int64_t>(~value) : static_cast<int64_t>(value);
}

}  // namespace

std::optional<int64_t> parseTarField(const char* field, size_t length) {
  if (static_cast<unsigned char>(field[0]) & 0x80) return parseBase256(field, length);
  size_t begin = 0, end = length;
  while (begin < end && isBlank(field[begin])) begin++;
  while (end > begin && isBlank(field[end - 1])) end--;
  // Old writers leave garbage behind the first NUL.
  for (size_t i = begin; i < end; i++)
    if (field[i] == '\0') end = i;
  while (end > begin && field[end - 1] == ' ') end--;
  uint64_t value = 0;
  for (size_t i = begin; i < end; i++) {
    if (field[i] < '0' || field[i] > '7' || value >> 60) return std::nullopt;
    value = value << 3 | static_cast<uint64_t>(field[i] - '0');
  }
  return static_cast<int64_t>(value);
}

std::optional<uint64_t> parseDecimal(std::string_view text) {
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<uint64_t>(c - '0');
    if (value > (std::numeric_limits<uint64_t>::max() - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

std::optional<timespec> parsePaxTime(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  const size_t dot = text.find('.');
  const std::optional<uint64_t> seconds = parseDecimal(text.substr(0, dot));
  if (!seconds || *seconds > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    return std::nullopt;
  long nanoseconds = 0;
  if (dot != std::string_view::npos) {
    const std::string_view fraction = text.substr(dot + 1);
    for (size_t i = 0; i < fraction.size(); i++)
      if (fraction[i] < '0' || fraction[i] > '9') return std::nullopt;
    for (size_t i = 0; i < 9; i++)
      nanoseconds = nanoseconds * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  }
  timespec time{static_cast<time_t>(*seconds), nanoseconds};
  if (!negative) return time;
  time.tv_sec = -time.tv_sec;
  if (nanoseconds > 0) time = {time.tv_sec - 1, 1000000000 - nanoseconds};
  return time;
}

}  // namespace slipway
