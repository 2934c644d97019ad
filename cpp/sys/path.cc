// SPDX-License-Identifier: Apache-2.0
#include "sys/path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <vector>

#include "sys/error.h"
#include "sys/kernel.h"

namespace slipway {
namespace {

// openat2 answers EAGAIN when a rename raced with the walk (openat2(2)); a
// container that renames for ever must not hold us for ever.
constexpr int kRaceTries = 128;

constexpr long kProcMagic = 0x9fa0;

int openRaw(int root, const std::string& path, uint64_t flags, uint64_t mode, Links links) {
  const uint64_t resolve =
      RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (links == Links::refuse ? RESOLVE_NO_SYMLINKS : 0);
  const char* relative = path.c_str();
  while (*relative == '/') relative++;
  if (*relative == '\0') relative = ".";
  int fd = -1;
  for (int i = 0; i < kRaceTries; i++) {
    fd = kernel::openat2(root, relative, flags | O_CLOEXEC, mode, resolve);
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return fd;
}

struct Split {
  std::string parent, name;
};

void requireSmallFile(int fd, const std::string& path, size_t limit, const char* step) {
  struct stat status;
  check(fstat(fd, &status), step, "fstat", path);
  struct statfs fs;
  check(fstatfs(fd, &fs), step, "fstatfs", path);
  // Files of /proc look regular, but some wait, some never end, and reading the
  // kernel log takes it away from others.
  if (!S_ISREG(status.st_mode) || fs.f_type == kProcMagic)
    throw SysError(step, "fstat", path, EINVAL, "not a regular file");
  if (static_cast<uint64_t>(status.st_size) > limit) {
    throw SysError(step, "fstat", path, EFBIG, "larger than " + std::to_string(limit) + " bytes");
  }
}

// The kernel's own answer, when a file is mounted there, is EINVAL.
void refuseFolder(int fd, const std::string& path, const char* step) {
  struct stat status;
  check(fstat(fd, &status), step, "fstat", path);
  if (S_ISDIR(status.st_mode))
    throw SysError(step, "fstat", path, EISDIR, "a folder is where a file is to be mounted");
}

// What a link in the way means, where links are refused.
const char* hintFor(int err, Links links) {
  return err == ELOOP && links == Links::refuse ? "a symbolic link is in the way" : "";
}

Split split(const std::string& path) {
  std::string clean = path;
  while (clean.size() > 1 && clean.back() == '/') clean.pop_back();
  const size_t slash = clean.rfind('/');
  if (slash == std::string::npos) return {"/", clean};
  return {slash == 0 ? "/" : clean.substr(0, slash), clean.substr(slash + 1)};
}

}  // namespace

Fd openInRoot(int root, const std::string& path, uint64_t flags, const char* step, Links links) {
  const int fd = openRaw(root, path, flags, 0, links);
  if (fd >= 0) return Fd(fd);
  const int saved = errno;
  throw SysError(step, "openat2", path, saved, hintFor(saved, links));
}

Fd tryOpenInRoot(int root, const std::string& path, uint64_t flags, const char* step, Links links) {
  const int fd = openRaw(root, path, flags, 0, links);
  const int saved = errno;
  if (fd < 0 && saved != ENOENT && saved != ENOTDIR)
    throw SysError(step, "openat2", path, saved, hintFor(saved, links));
  return Fd(fd);
}

// Walks one component at a time, so that a dangling link in the middle is made
// where it points to inside the root, as a container's own mkdir -p would not;
// Docker makes missing mount targets, links included.
Fd makeDirInRoot(int root, const std::string& path, const char* step, Links links) {
  const int found = openRaw(root, path, O_PATH | O_DIRECTORY, 0, links);
  if (found >= 0) return Fd(found);
  const int missing = errno;
  if (missing != ENOENT) throw SysError(step, "openat2", path, missing, hintFor(missing, links));
  const Split parts = split(path);
  if (parts.name.empty() || parts.name == "." || parts.name == "..")
    throw SysError(step, "mkdirat", path, ENOENT);
  const Fd parent = makeDirInRoot(root, parts.parent, step, links);
  if (mkdirat(parent.get(), parts.name.c_str(), 0755) < 0) {
    const int saved = errno;
    throw SysError(step, "mkdirat", path, saved,
                   saved == EEXIST ? "a dangling link is in the way" : "");
  }
  return Fd(
      check(kernel::openat2(parent.get(), parts.name.c_str(),
                            O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0, RESOLVE_BENEATH),
            step, "openat2", path));
}

Fd makeFileInRoot(int root, const std::string& path, const char* step) {
  const int found = openRaw(root, path, O_PATH, 0, Links::follow);
  if (found >= 0) {
    Fd target(found);
    refuseFolder(found, path, step);
    return target;
  }
  if (errno != ENOENT) throw SysError(step, "openat2", path, errno);
  const Split parts = split(path);
  if (parts.name.empty() || parts.name == "." || parts.name == "..")
    throw SysError(step, "openat", path, EISDIR);
  const Fd parent = makeDirInRoot(root, parts.parent, step);
  const int made = openat(parent.get(), parts.name.c_str(),
                          O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (made < 0) {
    const int saved = errno;
    throw SysError(step, "openat", path, saved,
                   saved == EEXIST ? "a dangling link is in the way" : "");
  }
  const Fd close(made);
  return Fd(check(openat(parent.get(), parts.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC), step,
                  "openat", path));
}

std::string readFileInRoot(int root, const std::string& path, size_t limit, const char* step) {
  const Fd found = tryOpenInRoot(root, path, O_PATH, step);
  if (!found) return {};
  requireSmallFile(found.get(), path, limit, step);  // some devices act when they are opened
  const Fd file = openInRoot(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, step);
  requireSmallFile(file.get(), path, limit, step);
  std::string text;
  std::vector<char> chunk(16384);
  for (;;) {
    const ssize_t n = check(read(file.get(), chunk.data(), chunk.size()), step, "read", path);
    if (n == 0) return text;
    text.append(chunk.data(), static_cast<size_t>(n));
    if (text.size() > limit) throw SysError(step, "read", path, EFBIG);
  }
}

void writeFileAt(int dir, const std::string& path, const std::string& content, int flags,
                 mode_t mode, const char* step) {
  const Fd file(
      check(openat(dir, path.c_str(), O_WRONLY | O_CLOEXEC | flags, mode), step, "openat", path));
  const ssize_t n = check(write(file.get(), content.data(), content.size()), step, "write", path);
  if (static_cast<size_t>(n) != content.size()) throw SysError(step, "write", path, EIO);
}

}  // namespace slipway
