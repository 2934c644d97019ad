// SPDX-License-Identifier: Apache-2.0
#include "spec/json.h"

#include <algorithm>
#include <cctype>

#include "spec/json_tree.h"

namespace slipway::json {

namespace {

constexpr size_t kMaxQuoted = 64;

bool isPlainKey(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-';
  });
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "a boolean";
    case Kind::integer:
      return std::to_string(node.integer);
    case Kind::natural:
      return std::to_string(node.natural);
    case Kind::real:
      return "a number with a fraction, an exponent or more than 64 bits";
    case Kind::string:
      return "a string";
    case Kind::array:
      return "an array";
    case Kind::object:
      return "an object";
  }
  return "nothing";
}

template <class T>
std::string expectedRange(const Node& node, T min, T max) {
  if (node.kind != Kind::integer && node.kind != Kind::natural) return "an integer";
  return "an integer from " + std::to_string(min) + " to " + std::to_string(max);
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const unsigned char c : text.substr(0, kMaxQuoted))
    out += c < 0x20 ? '?' : static_cast<char>(c);
  return out + (text.size() > kMaxQuoted ? "...\"" : "\"");
}

JsonError::JsonError(std::string field, std::string message)
    : field(std::move(field)), message(std::move(message)) {
  text_ = this->field.empty() ? this->message : this->field + ": " + this->message;
}

const Node& Value::node() const { return tree_[at_]; }

Kind Value::kind() const { return node().kind; }

std::string Value::field() const {
  std::string path;
  for (uint32_t at = at_; at != origin_; at = tree_[at].parent) {
    const Node& parent = tree_[tree_[at].parent];
    const std::string_view key = tree_[at].key;
    std::string part;
    if (parent.kind == Kind::array) {
      part = "[" + std::to_string(at - parent.children.first) + "]";
    } else if (isPlainKey(key)) {
      part = (tree_[at].parent == origin_ ? "" : ".") + std::string(key);
    } else {
      part = "[" + quoted(key) + "]";
    }
    path.insert(0, part);
  }
  return path;
}

void Value::refuse(std::string message) const { throw JsonError(field(), std::move(message)); }

void Value::mismatch(const std::string& expected) const {
  refuse("expected " + expected + ", got " + describe(node()));
}

const Node& Value::expect(Kind kind, const char* name) const {
  if (node().kind != kind) mismatch(name);
  return node();
}

bool Value::asBool() const { return expect(Kind::boolean, "a boolean").boolean; }

int64_t Value::asInteger(int64_t min, int64_t max) const {
  const Node& self = node();
  if (self.kind == Kind::integer && self.integer >= min && self.integer <= max) return self.integer;
  mismatch(expectedRange(self, min, max));
}

uint64_t Value::asNatural(uint64_t max) const {
  const Node& self = node();
  const bool negative = self.kind == Kind::integer && self.integer < 0;
  const bool whole = self.kind == Kind::integer || self.kind == Kind::natural;
  const uint64_t value =
      self.kind == Kind::natural ? self.natural : static_cast<uint64_t>(self.integer);
  if (whole && !negative && value <= max) return value;
  mismatch(expectedRange<uint64_t>(self, 0, max));
}

double Value::asReal() const {
  const Node& self = node();
  if (self.kind == Kind::integer) return static_cast<double>(self.integer);
  if (self.kind == Kind::natural) return static_cast<double>(self.natural);
  return expect(Kind::real, "a number").real;
}

std::string_view Value::asText() const { return expect(Kind::string, "a string").text; }

std::string Value::asString() const {
  const std::string_view text = asText();
  if (text.find('\0') != std::string_view::npos) refuse("a NUL byte is not allowed in a string");
  return std::string(text);
}

std::string Value::asOneOf(std::span<const std::string_view> allowed) const {
  const std::string_view text = asText();
  if (std::find(allowed.begin(), allowed.end(), text) != allowed.end()) return std::string(text);
  std::string list;
  for (const std::string_view name : allowed) {
    if (!list.empty()) list += ", ";
    list += name;
  }
  refuse("expected one of " + list + ", got " + quoted(text));
}

std::vector<Value> Value::items() const {
  const auto [first, count] = expect(Kind::array, "an array").children;
  std::vector<Value> out;
  out.reserve(count);
  for (uint32_t i = first; i < first + count; i++)
    out.emplace_back(tree_, i,
                     origin_);  // NOLINT(clang-analyzer-core.UndefinedBinaryOperatorResult)
  return out;
}

std::vector<std::pair<std::string_view, Value>> Value::members() const {
  const auto [first, count] = expect(Kind::object, "an object").children;
  std::vector<std::pair<std::string_view, Value>> out;
  out.reserve(count);
  // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult)
  for (uint32_t i = first; i < first + count; i++) {
    if (tree_[i].key.find('\0') != std::string_view::npos) refuse("a key holds a NUL byte");
    out.emplace_back(tree_[i].key, Value(tree_, i, origin_));
  }
  return out;
}

std::optional<Value> Value::find(std::string_view key) const {
  const auto [first, count] = expect(Kind::object, "an object").children;
  // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult)
  for (uint32_t i = first; i < first + count; i++) {
    if (tree_[i].key == key) return Value(tree_, i, origin_);
  }
  return std::nullopt;
}

Value Value::at(std::string_view key) const {
  if (const auto value = find(key)) return *value;
  const std::string own = field();
  throw JsonError(own.empty() ? std::string(key) : own + "." + std::string(key),
                  "required, but absent");
}

}  // namespace slipway::json
