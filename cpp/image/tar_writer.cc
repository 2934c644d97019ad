// SPDX-License-Identifier: Apache-2.0
#include "image/tar_writer.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sys/error.h"

namespace slipway {
namespace {

constexpr size_t kBlock = 512, kBufferBytes = 256 * 1024;

char typeFlag(TarType type) {
  switch (type) {
    case TarType::file:
      return '0';
    case TarType::hardLink:
      return '1';
    case TarType::symlink:
      return '2';
    case TarType::charDevice:
      return '3';
    case TarType::blockDevice:
      return '4';
    case TarType::folder:
      return '5';
    case TarType::fifo:
      return '6';
  }
  return '0';
}

// The length in front counts its own digits.
std::string record(const std::string& key, std::string_view value) {
  const size_t rest = key.size() + value.size() + 3;
  size_t length = rest + std::to_string(rest).size();
  if (std::to_string(length).size() > std::to_string(rest).size()) length++;
  return std::to_string(length) + " " + key + "=" + std::string(value) + "\n";
}

std::string paxTime(const timespec& time) {
  char text[48];
  if (time.tv_sec >= 0 || time.tv_nsec == 0) {
    snprintf(text, sizeof text, "%lld.%09ld", static_cast<long long>(time.tv_sec), time.tv_nsec);
  } else {
    snprintf(text, sizeof text, "-%lld.%09ld", -static_cast<long long>(time.tv_sec + 1),
             1000000000 - time.tv_nsec);
  }
  std::string trimmed = text;
  while (trimmed.back() == '0') trimmed.pop_back();
  if (trimmed.back() == '.') trimmed.pop_back();
  return trimmed;
}

bool fitsOctal(uint64_t value, int digits) { return value >> (3 * digits) == 0; }

std::string paxRecords(const TarEntry& entry) {
  std::string records;
  if (entry.path.size() > 100) records += record("path", entry.path);
  if (entry.linkPath.size() > 100) records += record("linkpath", entry.linkPath);
  if (!fitsOctal(entry.size, 11)) records += record("size", std::to_string(entry.size));
  if (!fitsOctal(entry.uid, 7)) records += record("uid", std::to_string(entry.uid));
  if (!fitsOctal(entry.gid, 7)) records += record("gid", std::to_string(entry.gid));
  const bool plainTime = entry.mtime.tv_nsec == 0 && entry.mtime.tv_sec >= 0 &&
                         fitsOctal(static_cast<uint64_t>(entry.mtime.tv_sec), 11);
  if (!plainTime) records += record("mtime", paxTime(entry.mtime));
  for (const auto& [name, value] : entry.xattrs) records += record("SCHILY.xattr." + name, value);
  return records;
}

// A value that does not fit stands in a pax record; the field is 0 then.
void octal(char* field, int digits, uint64_t value) {
  snprintf(field, static_cast<size_t>(digits) + 1, "%0*llo", digits,
           static_cast<unsigned long long>(fitsOctal(value, digits) ? value : 0));
}

}  // namespace

void TarWriter::add(const TarEntry& entry) {
  pad(padding_);
  padding_ = 0;
  const std::string records = paxRecords(entry);
  if (!records.empty()) {
    header({}, 'x', records.size(), "PaxHeaders/" + entry.path.substr(entry.path.rfind('/') + 1));
    write(records);
    pad((kBlock - records.size() % kBlock) % kBlock);
  }
  const uint64_t size = entry.type == TarType::file ? entry.size : 0;
  header(entry, typeFlag(entry.type), size, entry.path);
  padding_ = (kBlock - size % kBlock) % kBlock;
}

void TarWriter::header(const TarEntry& entry, char type, uint64_t size, std::string_view name) {
  char block[kBlock] = {};
  name.copy(block, 100);
  octal(block + 100, 7, type == 'x' ? 0644 : entry.mode);
  octal(block + 108, 7, entry.uid);
  octal(block + 116, 7, entry.gid);
  octal(block + 124, 11, size);
  octal(block + 136, 11, entry.mtime.tv_sec < 0 ? 0 : static_cast<uint64_t>(entry.mtime.tv_sec));
  block[156] = type;
  entry.linkPath.copy(block + 157, 100);
  constexpr std::string_view magic("ustar\00000", 8);
  magic.copy(block + 257, magic.size());
  octal(block + 329, 7, entry.devMajor);
  octal(block + 337, 7, entry.devMinor);
  memset(block + 148, ' ', 8);
  unsigned sum = 0;
  for (const char byte : block) sum += static_cast<unsigned char>(byte);
  snprintf(block + 148, 8, "%06o", sum);
  write(std::string_view(block, sizeof block));
}

void TarWriter::write(std::string_view bytes) {
  buffer_.append(bytes);
  if (buffer_.size() >= kBufferBytes) flush();
}

void TarWriter::pad(uint64_t size) { write(std::string(size, '\0')); }

void TarWriter::end() {
  pad(padding_ + 2 * kBlock);
  padding_ = 0;
  flush();
}

void TarWriter::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t n = ::write(fd_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    check(n, "write archive", "write");
    rest.remove_prefix(static_cast<size_t>(n));
    written_ += static_cast<uint64_t>(n);
  }
  buffer_.clear();
}

}  // namespace slipway
