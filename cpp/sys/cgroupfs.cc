// SPDX-License-Identifier: Apache-2.0
// Small files of a control group: one open, one transfer, one close each.
#include "sys/cgroupfs.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "sys/error.h"

namespace slipway {
namespace {

std::string below(const CgroupDir& dir, std::string_view file) {
  std::string relative(dir.name);
  if (relative.empty()) return std::string(file.empty() ? "." : file);
  if (!file.empty()) relative.append("/").append(file);
  return relative;
}

// Control files are made by the kernel and short; a read stops only at the end.
std::string readAll(int fd, int& error) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    error = got < 0 ? errno : 0;
    if (got <= 0) return text;
    text.append(buffer, static_cast<size_t>(got));
  }
}

}  // namespace

std::string CgroupDir::path(std::string_view file) const {
  std::string full(base);
  if (!name.empty()) full.append("/").append(name);
  if (!file.empty()) full.append("/").append(file);
  return full;
}

bool CgroupDir::has(std::string_view file) const {
  return ::faccessat(baseFd, below(*this, file).c_str(), F_OK, 0) == 0;
}

int CgroupDir::tryWrite(std::string_view file, std::string_view value) const {
  const std::string relative = below(*this, file);
  const Fd fd(::openat(baseFd, relative.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return errno;
  // The kernel takes a value whole or refuses it, so a short write cannot be.
  return ::write(fd.get(), value.data(), value.size()) < 0 ? errno : 0;
}

void CgroupDir::write(const char* step, std::string_view file, std::string_view value,
                      const char* hint) const {
  const int error = tryWrite(file, value);
  if (error) throw SysError(step, "write", path(file), error, hint);
}

Fd CgroupDir::open(const char* step, std::string_view file, int flags) const {
  const std::string relative = below(*this, file);
  Fd fd(::openat(baseFd, relative.c_str(), flags | O_CLOEXEC));
  if (!fd) {
    const int saved = errno;
    throw SysError(step, "openat", path(file), saved);
  }
  return fd;
}

std::optional<std::string> CgroupDir::readIfThere(const char* step, std::string_view file) const {
  const std::string relative = below(*this, file);
  const Fd fd(::openat(baseFd, relative.c_str(), O_RDONLY | O_CLOEXEC));
  int error = fd ? 0 : errno;
  if (error == ENOENT) return std::nullopt;
  std::string text = fd ? readAll(fd.get(), error) : std::string();
  // A swap file that exists while swap accounting is off answers EOPNOTSUPP.
  if (error == EOPNOTSUPP) return std::nullopt;
  if (error) throw SysError(step, fd ? "read" : "openat", path(file), error);
  return text;
}

std::string CgroupDir::read(const char* step, std::string_view file) const {
  std::optional<std::string> text = readIfThere(step, file);
  if (!text) throw SysError(step, "openat", path(file), ENOENT);
  return std::move(*text);
}

std::vector<std::string_view> splitWords(std::string_view text, char separator) {
  std::vector<std::string_view> words;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(separator, at), text.size());
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::optional<uint64_t> cgroupNumber(std::string_view text) {
  uint64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest == text.data()) return std::nullopt;
  return value;
}

std::optional<uint64_t> cgroupField(std::string_view text, std::string_view key) {
  for (const std::string_view line : splitWords(text, '\n')) {
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ')
      return cgroupNumber(line.substr(key.size() + 1));
  }
  return std::nullopt;
}

}  // namespace slipway
