// SPDX-License-Identifier: Apache-2.0
#include "image/tar_reader.h"

#include <cstring>
#include <limits>

#include "image/tar_numbers.h"
#include "image/unpack_error.h"

namespace slipway {
namespace {

constexpr uint64_t kBlock = 512;
constexpr size_t kMaxRuns = 1 << 18;
// No file system keeps a file past this, and sums of two such sizes do not wrap.
constexpr uint64_t kMaxFileBytes = uint64_t{1} << 62;
constexpr int64_t kMaxSeconds = int64_t{1} << 40;

uint64_t paddingOf(uint64_t size) { return (kBlock - size % kBlock) % kBlock; }

std::string fieldText(const char* field, size_t length) {
  return std::string(field, strnlen(field, length));
}

[[noreturn]] void badNumber(const std::string& path, const char* what) {
  throw UnpackError("BAD_NUMBER", path, std::string(what) + " is out of range");
}

uint64_t positive(std::optional<int64_t> number, const std::string& path, const char* what) {
  if (!number || *number < 0) badNumber(path, what);
  return static_cast<uint64_t>(*number);
}

// A pax record wins over the header's field, which is then not even looked at:
// writers leave anything in a field too small for its value.
uint64_t pick(const std::optional<std::string>& record, const char* field, size_t length,
              const std::string& path, const char* what) {
  if (!record) return positive(parseTarField(field, length), path, what);
  const std::optional<uint64_t> number = parseDecimal(*record);
  if (!number) badNumber(path, what);
  return *number;
}

uint32_t ownerId(uint64_t id, const std::string& path, const char* what) {
  // 2^32-1 is "leave as it is" to chown(2).
  if (id >= std::numeric_limits<uint32_t>::max()) badNumber(path, what);
  return static_cast<uint32_t>(id);
}

TarType typeOf(char type, const std::string& path) {
  switch (type) {
    case '0':
    case '\0':
    case '7':
    case 'S':
      return !path.empty() && path.back() == '/' ? TarType::folder : TarType::file;
    case '1':
      return TarType::hardLink;
    case '2':
      return TarType::symlink;
    case '3':
      return TarType::charDevice;
    case '4':
      return TarType::blockDevice;
    case '5':
    case 'D':
      return TarType::folder;
    case '6':
      return TarType::fifo;
    default:
      throw UnpackError("UNSUPPORTED_TYPE", path,
                        "members of type " + std::to_string(type) + " are not supported");
  }
}

}  // namespace

bool TarReader::next(TarEntry& entry) {
  skipData();
  local_ = {};
  longName_.clear();
  longLink_.clear();
  Header header;
  while (!ended_ && readHeader(header)) {
    if (++entries_ > limits_.maxEntries)
      throw UnpackError("TOO_MANY_ENTRIES", "",
                        "more than " + std::to_string(limits_.maxEntries) + " members");
    if (takeExtension(header)) continue;
    fillEntry(header, entry);
    return true;
  }
  return false;
}

// False at the end: a block of zeros, or no more bytes on a block's border.
bool TarReader::readHeader(Header& header) {
  const bool first = source_.consumed() == 0;
  char block[sizeof(Header)];
  const size_t n = source_.read(block, sizeof block);
  if (n == 0) return ended_ = true, false;
  if (n < sizeof block)
    throw UnpackError(first ? "NOT_AN_ARCHIVE" : "TRUNCATED", "",
                      "the archive ends within a header");
  memcpy(&header, block, sizeof block);
  bool zero = true;
  for (const char byte : block) zero &= byte == 0;
  if (zero) return ended_ = true, false;
  verifyChecksum(header);
  return true;
}

// Some writers summed signed bytes; both sums are in use.
void TarReader::verifyChecksum(const Header& header) const {
  char block[sizeof header];
  memcpy(block, &header, sizeof block);
  memset(block + offsetof(Header, checksum), ' ', sizeof header.checksum);
  int64_t plain = 0, withSign = 0;
  for (const char byte : block) {
    plain += static_cast<unsigned char>(byte);
    withSign += static_cast<signed char>(byte);
  }
  const std::optional<int64_t> stored = parseTarField(header.checksum, sizeof header.checksum);
  if (stored && (*stored == plain || *stored == withSign)) return;
  const bool first = entries_ == 0;
  throw UnpackError(first ? "NOT_AN_ARCHIVE" : "BAD_HEADER",
                    fieldText(header.name, sizeof header.name),
                    first ? "this is not a tar archive" : "the checksum of a header is wrong");
}

bool TarReader::takeExtension(const Header& header) {
  switch (header.type) {
    case 'x':
    case 'X':
      local_.parse(readRecord(header));
      return true;
    case 'g':
      global_.parse(readRecord(header));
      return true;
    case 'L':
      longName_ = readRecord(header).c_str();
      return true;
    case 'K':
      longLink_ = readRecord(header).c_str();
      return true;
    case 'V':
      readRecord(header);
      return true;  // the name of the volume
    default:
      return false;
  }
}

std::string TarReader::readRecord(const Header& header) {
  const std::string name = fieldText(header.name, sizeof header.name);
  const uint64_t size = positive(parseTarField(header.size, sizeof header.size), name, "the size");
  if (size > limits_.maxRecordBytes)
    throw UnpackError("RECORD_TOO_LARGE", name, "an extended header is too large");
  std::string payload(size + paddingOf(size), '\0');
  if (source_.read(payload.data(), payload.size()) < payload.size())
    throw UnpackError("TRUNCATED", name, "the archive ends within an extended header");
  payload.resize(size);
  return payload;
}

void TarReader::fillEntry(const Header& header, TarEntry& entry) {
  PaxRecords records = global_;
  records.merge(local_);
  local_ = std::move(records);
  entry = {};
  fillNames(header, entry);
  entry.type = typeOf(header.type, entry.path);
  fillNumbers(header, entry);
  entry.xattrs = local_.xattrs;
  const bool hasData = entry.type == TarType::file || header.type == 'D';
  remaining_ = 0;
  if (hasData)
    remaining_ = pick(local_.size, header.size, sizeof header.size, entry.path, "the size");
  if (remaining_ > kMaxFileBytes) badNumber(entry.path, "the size");
  padding_ = paddingOf(remaining_);
  if (entry.type != TarType::file) return;
  entry.size = remaining_;
  fillSparse(header, entry);
}

void TarReader::fillNames(const Header& header, TarEntry& entry) {
  entry.path = fieldText(header.name, sizeof header.name);
  entry.linkPath = fieldText(header.linkName, sizeof header.linkName);
  if (memcmp(header.magic, "ustar", 6) == 0) {
    // star keeps times where ustar has the end of the prefix.
    const bool star = memcmp(header.pad + 8, "tar", 4) == 0;
    const std::string prefix = fieldText(header.prefix, star ? 131 : sizeof header.prefix);
    if (!prefix.empty()) entry.path = prefix + "/" + entry.path;
  }
  if (!longName_.empty()) entry.path = longName_;
  if (!longLink_.empty()) entry.linkPath = longLink_;
  if (local_.path) entry.path = *local_.path;
  if (local_.linkPath) entry.linkPath = *local_.linkPath;
  if (local_.sparseName) entry.path = *local_.sparseName;
}

void TarReader::fillNumbers(const Header& header, TarEntry& entry) {
  const std::string& path = entry.path;
  entry.mode = positive(parseTarField(header.mode, sizeof header.mode), path, "the mode") & 07777;
  entry.uid = ownerId(pick(local_.uid, header.uid, sizeof header.uid, path, "the user id"), path,
                      "the user id");
  entry.gid = ownerId(pick(local_.gid, header.gid, sizeof header.gid, path, "the group id"), path,
                      "the group id");
  if (entry.type == TarType::charDevice || entry.type == TarType::blockDevice) {
    entry.devMajor =
        positive(parseTarField(header.devMajor, sizeof header.devMajor), path, "the device number");
    entry.devMinor =
        positive(parseTarField(header.devMinor, sizeof header.devMinor), path, "the device number");
  }
  std::optional<timespec> mtime;
  if (local_.mtime)
    mtime = parsePaxTime(*local_.mtime);
  else if (const auto seconds = parseTarField(header.mtime, sizeof header.mtime))
    mtime = timespec{static_cast<time_t>(*seconds), 0};
  if (!mtime || mtime->tv_sec > kMaxSeconds || mtime->tv_sec < -kMaxSeconds)
    badNumber(path, "the time");
  entry.mtime = *mtime;
}

void TarReader::fillSparse(const Header& header, TarEntry& entry) {
  const std::optional<std::string>& size =
      local_.sparseRealSize ? local_.sparseRealSize : local_.sparseSize;
  entry.sparse = header.type == 'S' || size;
  if (!entry.sparse) return;
  if (size) {
    const std::optional<uint64_t> bytes = parseDecimal(*size);
    if (!bytes || *bytes > kMaxFileBytes) badNumber(entry.path, "the size");
    entry.size = *bytes;
  }
  if (header.type == 'S')
    readGnuRuns(header, entry);
  else if (local_.sparseMajor == "1" && local_.sparseMinor == "0")
    readDataRuns(entry);
  else if (local_.sparseMajor && local_.sparseMajor != "0")
    throw UnpackError("BAD_SPARSE_MAP", entry.path,
                      "sparse format " + *local_.sparseMajor + " is not known");
  else if (local_.sparseMap) {
    std::string_view map = *local_.sparseMap;
    while (!map.empty()) {
      const size_t comma = map.find(','),
                   second = comma == map.npos ? map.npos : map.find(',', comma + 1);
      const auto offset = parseDecimal(map.substr(0, comma));
      const auto length = comma == map.npos
                              ? std::nullopt
                              : parseDecimal(map.substr(comma + 1, second - comma - 1));
      if (!offset || !length)
        throw UnpackError("BAD_SPARSE_MAP", entry.path, "a number of the map is not one");
      entry.runs.push_back({*offset, *length});
      map.remove_prefix(second == map.npos ? map.size() : second + 1);
    }
  } else {
    entry.runs = local_.sparseRuns;
  }
  checkRuns(entry);
}

void TarReader::readGnuRuns(const Header& header, TarEntry& entry) {
  char block[kBlock];
  memcpy(block, &header, sizeof block);
  // struct oldgnu_header: 4 runs at 386, "more follows" at 482, real size at 483.
  entry.size = positive(parseTarField(block + 483, 12), entry.path, "the size");
  if (entry.size > kMaxFileBytes) badNumber(entry.path, "the size");
  size_t at = 386, count = 4;
  bool more = block[482] != 0;
  for (;;) {
    for (size_t i = 0; i < count; i++, at += 24) {
      if (block[at] == '\0' && block[at + 12] == '\0') break;
      const uint64_t offset =
          positive(parseTarField(block + at, 12), entry.path, "a sparse offset");
      const uint64_t length =
          positive(parseTarField(block + at + 12, 12), entry.path, "a sparse length");
      entry.runs.push_back({offset, length});
    }
    if (!more) return;
    if (entry.runs.size() > kMaxRuns)
      throw UnpackError("BAD_SPARSE_MAP", entry.path, "too many runs");
    if (source_.read(block, sizeof block) < sizeof block)
      throw UnpackError("TRUNCATED", entry.path, "the archive ends within a sparse map");
    if (++entries_ > limits_.maxEntries)
      throw UnpackError("TOO_MANY_ENTRIES", entry.path, "too many sparse headers");
    at = 0;
    count = 21;
    more = block[504] != 0;
  }
}

// Form 1.0: the map is in front of the data, one number a line, filled up to a
// whole block, and counts as stored data.
void TarReader::readDataRuns(TarEntry& entry) {
  const uint64_t before = remaining_;
  const uint64_t count = readDataNumber();
  if (count > kMaxRuns) throw UnpackError("BAD_SPARSE_MAP", entry.path, "too many runs");
  for (uint64_t i = 0; i < count; i++) {
    const uint64_t offset = readDataNumber();
    entry.runs.push_back({offset, readDataNumber()});
  }
  uint64_t fill = paddingOf(before - remaining_);
  while (fill > 0) {
    if (fill > remaining_)
      throw UnpackError("BAD_SPARSE_MAP", entry.path, "the map is larger than its member");
    const std::string_view bytes = source_.take(fill);
    if (bytes.empty())
      throw UnpackError("TRUNCATED", entry.path, "the archive ends within a sparse map");
    fill -= bytes.size();
    remaining_ -= bytes.size();
  }
}

uint64_t TarReader::readDataNumber() {
  std::string digits;
  while (remaining_ > 0 && digits.size() < 21) {
    const std::string_view byte = source_.take(1);
    if (byte.empty()) break;
    remaining_--;
    if (byte[0] != '\n') {
      digits += byte[0];
      continue;
    }
    if (const auto number = parseDecimal(digits)) return *number;
    break;
  }
  throw UnpackError("BAD_SPARSE_MAP", "", "a number of the map is not one");
}

void TarReader::checkRuns(const TarEntry& entry) const {
  uint64_t end = 0, total = 0;
  for (const TarRun& run : entry.runs) {
    if (run.offset < end || run.offset > entry.size || run.length > entry.size - run.offset)
      throw UnpackError("BAD_SPARSE_MAP", entry.path, "runs overlap or pass the end of the file");
    end = run.offset + run.length;
    total += run.length;
  }
  if (total != remaining_)
    throw UnpackError("BAD_SPARSE_MAP", entry.path, "the runs do not add up to the stored data");
}

std::string_view TarReader::data() {
  if (remaining_ == 0) return {};
  const std::string_view bytes = source_.take(remaining_);
  if (bytes.empty()) throw UnpackError("TRUNCATED", "", "the archive ends within a member");
  remaining_ -= bytes.size();
  return bytes;
}

void TarReader::skipData() {
  while (!data().empty()) {
  }
  while (padding_ > 0) {
    const std::string_view bytes = source_.take(padding_);
    // The last member's padding is missing in archives of some writers.
    if (bytes.empty()) break;
    padding_ -= bytes.size();
  }
  padding_ = 0;
}

void TarReader::drain() {
  while (!source_.take(std::numeric_limits<uint64_t>::max()).empty()) {
  }
}

}  // namespace slipway
