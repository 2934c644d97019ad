// SPDX-License-Identifier: Apache-2.0
// Text to tree, by simdjson's DOM. What it lets pass and we do not (duplicate
// keys) is refused while its tape is copied into the tree of json_tree.h.
#include "spec/simdjson_header.h"

#include <algorithm>
#include <charconv>

#include "spec/json_tree.h"

namespace slipway::json {

namespace dom = simdjson::dom;

// The strings of the tree point into simdjson's own buffer.
struct Document::Storage {
  dom::document text;
  std::vector<Node> tree;
};

Document::Document(std::unique_ptr<Storage> storage) : storage_(std::move(storage)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Value Document::root() const& { return Value(storage_->tree.data(), 0, 0); }

namespace {

class Builder {
 public:
  explicit Builder(std::vector<Node>& tree) : tree_(tree) {}

  void build(dom::element root) {
    tree_.emplace_back();
    fill(0, root);
  }

 private:
  void fill(uint32_t at, dom::element element) {
    Node& node = tree_[at];
    switch (element.type()) {
      case dom::element_type::NULL_VALUE:
        node.kind = Kind::null;
        break;
      case dom::element_type::BOOL:
        set(node, Kind::boolean).boolean = element.get_bool();
        break;
      case dom::element_type::INT64:
        set(node, Kind::integer).integer = element.get_int64();
        break;
      case dom::element_type::UINT64:
        set(node, Kind::natural).natural = element.get_uint64();
        break;
      case dom::element_type::DOUBLE:
        set(node, Kind::real).real = element.get_double();
        break;
      case dom::element_type::STRING:
        set(node, Kind::string).text = element.get_string();
        break;
      case dom::element_type::ARRAY:
        fillArray(at, element.get_array());
        break;
      case dom::element_type::OBJECT:
        fillObject(at, element.get_object());
        break;
    }
  }

  static Node& set(Node& node, Kind kind) {
    node.kind = kind;
    return node;
  }

  void fillArray(uint32_t at, dom::array array) {
    tree_[at].kind = Kind::array;
    open(at);
    for (const dom::element item : array) {
      static_cast<void>(item);
      addChild(at, {});
    }
    uint32_t child = tree_[at].children.first;
    for (const dom::element item : array) fill(child++, item);
  }

  void fillObject(uint32_t at, dom::object object) {
    tree_[at].kind = Kind::object;
    open(at);
    for (const dom::key_value_pair pair : object) addChild(at, pair.key);
    refuseDuplicates(at);
    uint32_t child = tree_[at].children.first;
    for (const dom::key_value_pair pair : object) fill(child++, pair.value);
  }

  void open(uint32_t at) { tree_[at].children = {static_cast<uint32_t>(tree_.size()), 0}; }

  void addChild(uint32_t at, std::string_view key) {
    tree_.emplace_back();
    tree_.back().parent = at;
    tree_.back().key = key;
    tree_[at].children.count++;
  }

  void refuseDuplicates(uint32_t at) const {
    const auto [first, count] = tree_[at].children;
    std::vector<std::pair<std::string_view, uint32_t>> keys;
    keys.reserve(count);
    for (uint32_t i = first; i < first + count; i++) keys.emplace_back(tree_[i].key, i);
    std::sort(keys.begin(), keys.end());
    const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
    const auto twice = std::adjacent_find(keys.begin(), keys.end(), same);
    if (twice != keys.end()) Value(tree_.data(), twice->second, 0).refuse("the key is there twice");
  }

  std::vector<Node>& tree_;
};

bool isNumberPart(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

bool overflows(std::string_view number) {
  int64_t integer = 0;
  uint64_t natural = 0;
  const char* begin = number.data();
  const char* end = begin + number.size();
  const auto result = number[0] == '-' ? std::from_chars(begin, end, integer)
                                       : std::from_chars(begin, end, natural);
  return result.ptr == end && result.ec == std::errc::result_out_of_range;
}

size_t skipString(std::string_view text, size_t at) {
  for (at++; at < text.size() && text[at] != '"'; at++) {
    if (text[at] == '\\') at++;
  }
  return std::min(at + 1, text.size());
}

// simdjson refuses a whole document for one integer beyond 64 bits and cannot
// say where it stands. Written with a fraction it becomes a real, which is
// harmless in a field nobody reads and is refused by name in the others.
std::string withRealsForHugeIntegers(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t end = at + 1;
    if (text[at] == '"') {
      end = skipString(text, at);
    } else if (isNumberPart(text[at])) {
      while (end < text.size() && isNumberPart(text[end])) end++;
    }
    const std::string_view token = text.substr(at, end - at);
    out += token;
    if (isNumberPart(token[0]) && overflows(token)) out += ".0";
    at = end;
  }
  return out;
}

const char* reason(simdjson::error_code code) {
  switch (code) {
    case simdjson::DEPTH_ERROR:
      return "nested deeper than 64 levels";
    case simdjson::EMPTY:
      return "the document is empty";
    case simdjson::UTF8_ERROR:
      return "not valid UTF-8";
    case simdjson::NUMBER_ERROR:
      return "a number is malformed";
    case simdjson::STRING_ERROR:
      return "a string is malformed";
    case simdjson::UNCLOSED_STRING:
      return "a string has no end";
    case simdjson::UNESCAPED_CHARS:
      return "a control character is not escaped";
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR:
      return "a word is neither true, false nor null";
    default:
      return "a comma, colon, bracket or value is missing or superfluous";
  }
}

simdjson::error_code parseInto(dom::document& document, std::string_view text) {
  dom::parser parser;
  if (const auto error = parser.allocate(text.size(), kMaxDepth)) return error;
  return parser.parse_into_document(document, text.data(), text.size()).error();
}

}  // namespace

Document parse(std::string_view text, size_t maxBytes) {
  if (text.size() > maxBytes) {
    throw JsonError("", "the document has " + std::to_string(text.size()) + " bytes, at most " +
                            std::to_string(maxBytes) + " are allowed");
  }
  auto storage = std::make_unique<Document::Storage>();
  auto error = parseInto(storage->text, text);
  if (error == simdjson::NUMBER_ERROR || error == simdjson::BIGINT_ERROR) {
    error = parseInto(storage->text, withRealsForHugeIntegers(text));
  }
  if (error == simdjson::MEMALLOC) throw std::bad_alloc();
  if (error) throw JsonError("", std::string("not valid JSON: ") + reason(error));
  Builder(storage->tree).build(storage->text.root());
  return Document(std::move(storage));
}

}  // namespace slipway::json
