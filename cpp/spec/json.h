// SPDX-License-Identifier: Apache-2.0
// JSON as the core reads it: strict, bounded in depth and size, no duplicate
// keys, and every complaint names its field (`linux.resources.memory.limit`).
// Used by the supervisor, the runtime command and the image code.
#pragma once

#include <cstdint>
#include <exception>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace slipway::json {

class JsonError : public std::exception {
 public:
  JsonError(std::string field, std::string message);
  const char* what() const noexcept override { return text_.c_str(); }

  std::string field;    // "mounts[2].options[0]"; empty for the document itself
  std::string message;  // "expected a string, got null"

 private:
  std::string text_;
};

// A number is integer or natural when it was written as one and fits 64 bits;
// all others (fraction, exponent, too large) are real.
enum class Kind : uint8_t { null, boolean, integer, natural, real, string, array, object };

struct Node;  // json_tree.h

// For messages: in quotes, without control characters, its beginning only
// when it is long.
std::string quoted(std::string_view text);

// A view of one value in a Document, valid as long as that Document.
class Value {
 public:
  Value(const Node* tree, uint32_t at, uint32_t origin) : tree_(tree), at_(at), origin_(origin) {}

  Kind kind() const;
  // Where this value stands, from the document's root or the nearest asRoot().
  std::string field() const;
  // The same value as a document of its own: field names start here.
  Value asRoot() const { return Value(tree_, at_, at_); }
  [[noreturn]] void refuse(std::string message) const;

  bool asBool() const;
  int64_t asInteger(int64_t min, int64_t max) const;
  uint64_t asNatural(uint64_t max) const;
  double asReal() const;
  std::string_view asText() const;  // any string
  // A string that the kernel will see: one with a NUL byte would be cut there.
  std::string asString() const;
  std::string asOneOf(std::span<const std::string_view> allowed) const;
  std::vector<Value> items() const;                                 // of an array
  std::vector<std::pair<std::string_view, Value>> members() const;  // of an object

  std::optional<Value> find(std::string_view key) const;  // of an object
  Value at(std::string_view key) const;                   // the same, and it must be there
  bool has(std::string_view key) const { return find(key).has_value(); }

  // By C++ type: bool, integers (range-checked), double, std::string, and
  // std::vector or std::map<std::string, ...> of these.
  template <class T>
  T as() const;

  // `out` stays as it is when the key is absent.
  template <class T>
  void read(std::string_view key, T& out) const;
  template <class T>
  void read(std::string_view key, std::optional<T>& out) const;
  template <class T>
  void require(std::string_view key, T& out) const {
    out = at(key).as<T>();
  }
  template <class T>
  T get(std::string_view key) const {
    return at(key).as<T>();
  }

  // The same for nouns, each read by a function `T reader(const Value&)`.
  template <class T, class Reader>
  void read(std::string_view key, T& out, Reader reader) const;
  template <class T, class Reader>
  void readList(std::string_view key, std::vector<T>& out, Reader reader) const;
  template <class T, class Reader>
  void readMap(std::string_view key, std::map<std::string, T>& out, Reader reader) const;

 private:
  const Node& node() const;
  const Node& expect(Kind kind, const char* name) const;
  [[noreturn]] void mismatch(const std::string& expected) const;

  const Node* tree_;
  uint32_t at_;
  uint32_t origin_;
};

// Owner of a parsed text; every Value of it dies with it.
class Document {
 public:
  struct Storage;
  explicit Document(std::unique_ptr<Storage> storage);
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  Value root() const&;
  Value root() && = delete;

 private:
  std::unique_ptr<Storage> storage_;
};

constexpr size_t kMaxDepth = 64;
constexpr size_t kDefaultMaxBytes = 16 * 1024 * 1024;

Document parse(std::string_view text, size_t maxBytes = kDefaultMaxBytes);

namespace detail {
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<std::map<std::string, T>> : std::true_type {};
}  // namespace detail

template <class T>
T Value::as() const {
  if constexpr (std::is_same_v<T, bool>) {
    return asBool();
  } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
    return static_cast<T>(asInteger(std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(asNatural(std::numeric_limits<T>::max()));
  } else if constexpr (std::is_floating_point_v<T>) {
    return asReal();
  } else if constexpr (std::is_same_v<T, std::string>) {
    return asString();
  } else if constexpr (detail::IsVector<T>::value) {
    T list;
    for (const Value& item : items()) list.push_back(item.as<typename T::value_type>());
    return list;
  } else {
    static_assert(detail::IsMap<T>::value, "no JSON form for this type");
    T map;
    for (const auto& [key, value] : members()) {
      map.emplace(key, value.template as<typename T::mapped_type>());
    }
    return map;
  }
}

template <class T>
void Value::read(std::string_view key, T& out) const {
  if (const auto value = find(key)) out = value->as<T>();
}

template <class T>
void Value::read(std::string_view key, std::optional<T>& out) const {
  if (const auto value = find(key)) out = value->as<T>();
}

template <class T, class Reader>
void Value::read(std::string_view key, T& out, Reader reader) const {
  if (const auto value = find(key)) out = reader(*value);
}

template <class T, class Reader>
void Value::readList(std::string_view key, std::vector<T>& out, Reader reader) const {
  const auto list = find(key);
  if (!list) return;
  const auto items = list->items();
  out.clear();
  out.reserve(items.size());
  for (const Value& item : items) out.push_back(reader(item));
}

template <class T, class Reader>
void Value::readMap(std::string_view key, std::map<std::string, T>& out, Reader reader) const {
  const auto map = find(key);
  if (!map) return;
  out.clear();
  for (const auto& [name, value] : map->members()) out.emplace(name, reader(value));
}

}  // namespace slipway::json
