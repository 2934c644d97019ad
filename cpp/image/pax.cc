// SPDX-License-Identifier: Apache-2.0
#include "image/pax.h"

#include <algorithm>
#include <array>

#include "image/tar_numbers.h"
#include "image/unpack_error.h"

namespace slipway {
namespace {

constexpr std::string_view kXattrPrefix = "SCHILY.xattr.";

// Bounds what a chain of global headers may make us keep.
constexpr size_t kMaxXattrs = 4096;
constexpr size_t kMaxRuns = 1 << 18;

struct Field {
  std::string_view key;
  std::optional<std::string> PaxRecords::* member;
};

constexpr std::array<Field, 12> kFields{{
    {"path", &PaxRecords::path},
    {"linkpath", &PaxRecords::linkPath},
    {"size", &PaxRecords::size},
    {"uid", &PaxRecords::uid},
    {"gid", &PaxRecords::gid},
    {"mtime", &PaxRecords::mtime},
    {"GNU.sparse.name", &PaxRecords::sparseName},
    {"GNU.sparse.size", &PaxRecords::sparseSize},
    {"GNU.sparse.realsize", &PaxRecords::sparseRealSize},
    {"GNU.sparse.map", &PaxRecords::sparseMap},
    {"GNU.sparse.major", &PaxRecords::sparseMajor},
    {"GNU.sparse.minor", &PaxRecords::sparseMinor},
}};

[[noreturn]] void bad(const std::string& message) { throw UnpackError("BAD_HEADER", "", message); }

}  // namespace

// A record is "<length> <key>=<value>\n", the length counting all of it.
void PaxRecords::parse(std::string_view payload) {
  while (!payload.empty()) {
    const size_t space = payload.find(' ');
    if (space == std::string_view::npos || space > 10) bad("a pax record has no length");
    const std::optional<uint64_t> length = parseDecimal(payload.substr(0, space));
    if (!length || *length > payload.size() || *length < space + 3)
      bad("a pax record has a wrong length");
    const std::string_view record = payload.substr(space + 1, *length - space - 1);
    payload.remove_prefix(*length);
    if (record.back() != '\n') bad("a pax record does not end its line");
    const size_t equals = record.find('=');
    if (equals == 0 || equals == std::string_view::npos) bad("a pax record has no key");
    set(record.substr(0, equals), record.substr(equals + 1, record.size() - equals - 2));
  }
}

void PaxRecords::set(std::string_view key, std::string_view value) {
  if (key.find('\0') != std::string_view::npos) bad("a pax key holds a NUL byte");
  if (key.starts_with(kXattrPrefix)) return setXattr(key.substr(kXattrPrefix.size()), value);
  if (setSparse(key, value)) return;
  for (const Field& field : kFields) {
    if (field.key != key) continue;
    if (value.find('\0') != std::string_view::npos)
      throw UnpackError("BAD_NAME", "", std::string(key) + " holds a NUL byte");
    if (value.empty())
      (this->*field.member).reset();
    else
      this->*field.member = std::string(value);
  }
}

void PaxRecords::setXattr(std::string_view name, std::string_view value) {
  std::erase_if(xattrs, [&](const auto& known) { return known.first == name; });
  if (xattrs.size() >= kMaxXattrs)
    throw UnpackError("RECORD_TOO_LARGE", "", "too many extended attributes");
  xattrs.emplace_back(name, value);
}

bool PaxRecords::setSparse(std::string_view key, std::string_view value) {
  const bool offset = key == "GNU.sparse.offset";
  if (!offset && key != "GNU.sparse.numbytes") return false;
  const std::optional<uint64_t> number = parseDecimal(value);
  if (!number) throw UnpackError("BAD_SPARSE_MAP", "", "a number of the map is not one");
  if (offset && sparseRuns.size() >= kMaxRuns)
    throw UnpackError("BAD_SPARSE_MAP", "", "too many runs");
  if (offset)
    sparseRuns.push_back({*number, 0});
  else if (sparseRuns.empty())
    throw UnpackError("BAD_SPARSE_MAP", "", "a length comes before its offset");
  else
    sparseRuns.back().length = *number;
  return true;
}

void PaxRecords::merge(const PaxRecords& later) {
  for (const Field& field : kFields)
    if (later.*field.member) this->*field.member = later.*field.member;
  for (const auto& [name, value] : later.xattrs) setXattr(name, value);
  sparseRuns = later.sparseRuns;
}

}  // namespace slipway
