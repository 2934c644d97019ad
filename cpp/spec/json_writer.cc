// SPDX-License-Identifier: Apache-2.0
#include "spec/json_writer.h"

#include <stdexcept>
#include <utility>

namespace slipway::json {

namespace {

// The length of the well-formed UTF-8 sequence at the front, 0 when there is
// none: table 3-7 of the Unicode standard, which leaves out overlong forms,
// surrogates and everything past U+10FFFF.
size_t sequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0u; };
  const auto in = [&](size_t i, unsigned low, unsigned high) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return in(1, 0x80, 0xBF) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool second = in(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF);
    return second && in(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool second = in(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF);
    return second && in(2, 0x80, 0xBF) && in(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

void appendEscaped(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (static_cast<uint8_t>(c) >= 0x20) {
    out += c;
    return;
  }
  out += "\\u00";
  out += kHex[static_cast<uint8_t>(c) >> 4];
  out += kHex[static_cast<uint8_t>(c) & 15];
}

}  // namespace

Writer& Writer::key(std::string_view name) {
  if (open_.empty() || open_.back() != '}' || pending_)
    throw std::logic_error("json: a key is out of place");
  if (comma_) out_ += ',';
  quote(name);
  out_ += ':';
  comma_ = false;
  pending_ = true;
  return *this;
}

Writer& Writer::value(std::string_view text) {
  separate();
  quote(text);
  return *this;
}

std::string Writer::take() {
  if (!open_.empty() || out_.empty()) throw std::logic_error("json: the document is not finished");
  comma_ = false;
  return std::exchange(out_, {});
}

Writer& Writer::open(char bracket) {
  separate();
  out_ += bracket;
  open_ += bracket == '{' ? '}' : ']';
  comma_ = false;
  return *this;
}

Writer& Writer::close(char bracket) {
  if (open_.empty() || open_.back() != bracket || pending_) {
    throw std::logic_error("json: a bracket is out of place");
  }
  out_ += bracket;
  open_.pop_back();
  comma_ = true;
  return *this;
}

Writer& Writer::raw(std::string_view text) {
  separate();
  out_ += text;
  return *this;
}

void Writer::separate() {
  const bool misplaced = open_.empty() ? !out_.empty() : open_.back() == '}' && !pending_;
  if (misplaced) throw std::logic_error("json: a value is out of place");
  if (comma_) out_ += ',';
  comma_ = true;
  pending_ = false;
}

void Writer::quote(std::string_view text) {
  out_ += '"';
  while (!text.empty()) {
    const size_t length = sequenceLength(text);
    if (length == 0) {
      out_ += "\xEF\xBF\xBD";
    } else if (length == 1) {
      appendEscaped(out_, text[0]);
    } else {
      out_ += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out_ += '"';
}

}  // namespace slipway::json
