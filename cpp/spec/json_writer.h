// SPDX-License-Identifier: Apache-2.0
// JSON as the core writes it: messages to Node and state files, in one pass
// into one string. Commas are its business, balance is the caller's.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::json {

class Writer {
 public:
  Writer& beginObject() { return open('{'); }
  Writer& endObject() { return close('}'); }
  Writer& beginArray() { return open('['); }
  Writer& endArray() { return close(']'); }
  Writer& key(std::string_view name);

  // Bytes that are not UTF-8 (a Linux path may hold any) become U+FFFD.
  Writer& value(std::string_view text);
  Writer& value(const std::string& text) { return value(std::string_view(text)); }
  Writer& value(const char* text) { return value(std::string_view(text)); }
  Writer& value(bool flag) { return raw(flag ? "true" : "false"); }
  // Whole, although JavaScript reads those beyond 2^53 as their neighbours.
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  Writer& value(T number) {
    return raw(std::to_string(number));
  }
  template <class T>
  Writer& value(const std::vector<T>& list) {
    beginArray();
    for (const T& item : list) value(item);
    return endArray();
  }
  Writer& null() { return raw("null"); }

  template <class T>
  Writer& field(std::string_view name, const T& content) {
    return key(name).value(content);
  }

  // The finished text; the writer is empty and usable again afterwards. Throws
  // std::logic_error when a bracket is open or a key has no value.
  std::string take();

 private:
  Writer& open(char bracket);
  Writer& close(char bracket);
  Writer& raw(std::string_view text);
  void separate();
  void quote(std::string_view text);

  std::string out_;
  std::string open_;  // the closing brackets due, innermost last
  bool comma_ = false;
  bool pending_ = false;  // a key waits for its value
};

}  // namespace slipway::json
