// SPDX-License-Identifier: Apache-2.0
#include "image/remove_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <optional>

#include "sys/error.h"
#include "sys/fd.h"
#include "sys/kernel.h"

namespace slipway {
namespace {

constexpr const char* kStep = "remove folder";

// A program can nest folders far deeper than one process may hold descriptors.
// Below this depth a folder is moved up into the top one and removed from there.
constexpr int kMaxDepth = 24;

// Files made while we look would keep a folder full for ever.
constexpr int kMaxPasses = 16;

struct DirEntry {
  uint64_t inode;
  int64_t offset;
  unsigned short length;
  unsigned char type;
  char name[];
};

class Remover {
 public:
  void remove(int parent, const std::string& name) {
    removeEntry(parent, name.c_str(), DT_DIR, 0, name);
    if (failure_) throw *failure_;
  }

 private:
  void removeEntry(int parent, const char* name, unsigned char type, int depth,
                   const std::string& path) {
    const bool folderFirst = type == DT_DIR;
    if (tryUnlink(parent, name, folderFirst ? AT_REMOVEDIR : 0)) return;
    if (errno == (folderFirst ? ENOTDIR : EISDIR)) {
      if (tryUnlink(parent, name, folderFirst ? 0 : AT_REMOVEDIR)) return;
    }
    if (errno != ENOTEMPTY && errno != EEXIST) return keep("unlinkat", path, errno);
    if (depth >= kMaxDepth) return hoist(parent, name, path);
    removeFolder(parent, name, depth, path);
  }

  // A folder made 0500 by its owner refuses its entries to anybody without
  // CAP_DAC_OVERRIDE; an owner may simply change that.
  bool tryUnlink(int parent, const char* name, int flags) {
    if (unlinkat(parent, name, flags) == 0 || errno == ENOENT) return true;
    if (errno != EACCES) return false;
    if (fchmod(parent, 0700) < 0) return errno = EACCES, false;
    return unlinkat(parent, name, flags) == 0 || errno == ENOENT;
  }

  void removeFolder(int parent, const char* name, int depth, const std::string& path) {
    const Fd folder = openFolder(parent, name);
    if (!folder) return keep("openat2", path, errno);
    if (depth == 0) top_ = folder.get();
    for (int pass = 0; pass < kMaxPasses; pass++) {
      const uint64_t kept = failures_, hoisted = hoisted_;
      if (!removeEntries(folder.get(), depth, path)) return;
      if (tryUnlink(parent, name, AT_REMOVEDIR)) return;
      if (errno != ENOTEMPTY) return keep("unlinkat", path, errno);
      if (failures_ != kept) return;
      if (hoisted_ != hoisted) pass = 0;
    }
    keep("unlinkat", path, ENOTEMPTY);
  }

  Fd openFolder(int parent, const char* name) {
    constexpr uint64_t flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    constexpr uint64_t resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
    int fd = kernel::openat2(parent, name, flags, 0, resolve);
    if (fd < 0 && errno == EACCES && makeReadable(parent, name))
      fd = kernel::openat2(parent, name, flags, 0, resolve);
    return Fd(fd);
  }

  // Through the inode and not the name, which might be a link by now. errno is
  // left at EACCES for the caller.
  bool makeReadable(int parent, const char* name) {
    constexpr uint64_t resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
    const Fd inode(kernel::openat2(parent, name, O_PATH | O_DIRECTORY | O_CLOEXEC, 0, resolve));
    if (inode && chmod(kernel::FdPath(inode.get()), 0700) == 0) return true;
    errno = EACCES;
    return false;
  }

  bool removeEntries(int folder, int depth, const std::string& path) {
    alignas(DirEntry) char buffer[4096];
    if (lseek(folder, 0, SEEK_SET) < 0) return keep("lseek", path, errno), false;
    for (;;) {
      const long n = syscall(SYS_getdents64, folder, buffer, sizeof buffer);
      if (n < 0) return keep("getdents64", path, errno), false;
      if (n == 0) return true;
      for (long at = 0; at < n;) {
        const auto* entry = reinterpret_cast<const DirEntry*>(buffer + at);
        at += entry->length;
        if (isDots(entry->name)) continue;
        removeEntry(folder, entry->name, entry->type, depth + 1, path + "/" + entry->name);
      }
    }
  }

  static bool isDots(const char* name) {
    return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
  }

  // An empty folder of the new name may be replaced: it was to go anyway.
  void hoist(int parent, const char* name, const std::string& path) {
    for (int attempt = 0; attempt < kMaxDepth * 64; attempt++) {
      const std::string fresh = ".removing-" + std::to_string(hoisted_++);
      if (renameat(parent, name, top_, fresh.c_str()) == 0) return;
      if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR) continue;
      if (errno != EACCES || !makeReadable(parent, name)) break;
    }
    keep("renameat", path, errno);
  }

  void keep(const char* syscall, const std::string& path, int err) {
    failures_++;
    if (failure_) return;
    const char* hint = err == EXDEV || err == EBUSY ? "something is mounted there" : "";
    failure_.emplace(kStep, syscall, path, err, hint);
  }

  int top_ = -1;
  uint64_t hoisted_ = 0, failures_ = 0;
  std::optional<SysError> failure_;
};

}  // namespace

void removeTree(int parentFd, const std::string& name) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos)
    throw SysError(kStep, "unlinkat", name, EINVAL, "one name is expected");
  Remover().remove(parentFd, name);
}

}  // namespace slipway
