// SPDX-License-Identifier: Apache-2.0
#include "image/unpack.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <string_view>

#include "image/remove_tree.h"
#include "image/unpack_error.h"
#include "sys/error.h"
#include "sys/fd.h"
#include "sys/kernel.h"
#include "sys/path.h"

namespace slipway {
namespace {

constexpr const char* kStep = "unpack archive";
constexpr std::string_view kWhiteout = ".wh.", kWhiteoutMeta = ".wh..wh.", kOpaque = ".wh..wh..opq";
constexpr const char* kDefaultAcl = "system.posix_acl_default";

// What of folders is kept until the end; an archive of nothing but long names
// must not fill the memory.
constexpr size_t kMaxLaterBytes = 256u << 20;

// dev_t of the kernel: 12 bits of major, 20 of minor.
constexpr uint64_t kMaxMajor = (1 << 12) - 1, kMaxMinor = (1 << 20) - 1;

// Filling a folder changes its time, and a default access list would be
// inherited by what is unpacked into it: both are set last.
struct LaterFolder {
  std::string path;
  dev_t device;
  ino_t inode;
  timespec mtime;
  std::string defaultAcl;
};

class Unpacker {
 public:
  Unpacker(int tar, int root, const UnpackOptions& options)
      : reader_(tar, options.limits),
        root_(root),
        options_(options),
        metadata_(IdMap::current(), options.squashOwners) {}

  UnpackResult run() {
    TarEntry entry;
    while (reader_.next(entry)) {
      result_.entries++;
      unpackEntry(entry);
    }
    reader_.drain();
    finishFolders();
    if (options_.sync) check(syncfs(root_), kStep, "syncfs");
    result_.archiveBytes = reader_.consumed();
    result_.metadata = metadata_.counts;
    return result_;
  }

 private:
  void unpackEntry(const TarEntry& entry) {
    const TreePath path = cleanTreePath(entry.path, options_.paths);
    if (path.isRoot()) {
      if (entry.type != TarType::folder)
        throw UnpackError("BAD_NAME", entry.path, "only a folder can be the root");
      return applyFolder(
          Fd(check(openat(root_, ".", O_PATH | O_DIRECTORY | O_CLOEXEC), kStep, "openat", "/")),
          entry, "");
    }
    const int parent = openParent(path);
    if (handleWhiteout(parent, path, entry)) return;
    switch (entry.type) {
      case TarType::file:
        return makeFile(parent, path, entry);
      case TarType::folder:
        return makeFolder(parent, path, entry);
      case TarType::symlink:
        return makeSymlink(parent, path, entry);
      case TarType::hardLink:
        return makeHardLink(parent, path, entry);
      default:
        return makeNode(parent, path, entry);
    }
  }

  // Members of one folder mostly follow each other, so its descriptor is kept.
  int openParent(const TreePath& path) {
    const std::string parent = path.parent();
    if (!parent_ || parentStale_ || parent != parentPath_) {
      parent_ = makeDirInRoot(root_, parent, kStep);
      parentPath_ = parent;
      parentStale_ = false;
    }
    return parent_.get();
  }

  // Runs `make` until the name was free for it.
  template <class Make>
  int create(int parent, const TreePath& path, bool folder, const char* syscall, Make make) {
    int result = make(parent, path.name().c_str());
    if (result < 0 && errno == EEXIST) {
      clearWay(parent, path, folder);
      result = make(parent, path.name().c_str());
    }
    return check(result, kStep, syscall, path.text());
  }

  void clearWay(int parent, const TreePath& path, bool folder) {
    struct stat there;
    check(fstatat(parent, path.name().c_str(), &there, AT_SYMLINK_NOFOLLOW), kStep, "fstatat",
          path.text());
    const bool isFolder = S_ISDIR(there.st_mode);
    if (options_.keepKinds && isFolder != folder)
      throw SysError(
          kStep, "openat", path.text(), isFolder ? EISDIR : ENOTDIR,
          isFolder ? "a folder is there already" : "something that is no folder is there already");
    removeTree(parent, path.name());
    // The way to the parent may have led through what is gone now.
    parentStale_ = true;
  }

  void makeFile(int parent, const TreePath& path, const TarEntry& entry) {
    const Fd file(create(parent, path, false, "openat", [](int at, const char* name) {
      return openat(at, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
    }));
    if (entry.sparse)
      writeRuns(file.get(), entry);
    else
      writeData(file.get(), 0, entry.size, entry.path);
    if (entry.sparse)
      check(ftruncate(file.get(), static_cast<off_t>(entry.size)), kStep, "ftruncate", entry.path);
    result_.fileBytes += entry.size;
    metadata_.apply(file.get(), S_IFREG, metadataOf(entry), path.text());
  }

  void writeRuns(int file, const TarEntry& entry) {
    for (const TarRun& run : entry.runs) writeData(file, run.offset, run.length, entry.path);
  }

  // A piece may reach into the next run; what is left of it waits in carry_.
  void writeData(int file, uint64_t offset, uint64_t length, const std::string& path) {
    while (length > 0) {
      if (carry_.empty()) carry_ = reader_.data();
      if (carry_.empty()) throw UnpackError("TRUNCATED", path, "the archive ends within a member");
      const std::string_view piece = carry_.substr(0, length);
      const ssize_t n = pwrite(file, piece.data(), piece.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      check(n, kStep, "pwrite", path);
      carry_.remove_prefix(static_cast<size_t>(n));
      offset += static_cast<uint64_t>(n);
      length -= static_cast<uint64_t>(n);
    }
  }

  void makeFolder(int parent, const TreePath& path, const TarEntry& entry) {
    if (mkdirat(parent, path.name().c_str(), 0700) < 0) {
      if (errno != EEXIST) throw SysError(kStep, "mkdirat", path.text(), errno);
      reuseFolder(parent, path);
    }
    applyFolder(openNode(parent, path, O_DIRECTORY), entry, path.text());
  }

  void reuseFolder(int parent, const TreePath& path) {
    struct stat there;
    check(fstatat(parent, path.name().c_str(), &there, AT_SYMLINK_NOFOLLOW), kStep, "fstatat",
          path.text());
    if (S_ISDIR(there.st_mode)) return;
    const bool hidden =
        S_ISCHR(there.st_mode) && there.st_rdev == 0 && options_.whiteouts == Whiteouts::overlay;
    clearWay(parent, path, true);
    check(mkdirat(parent, path.name().c_str(), 0700), kStep, "mkdirat", path.text());
    if (hidden) setOpaque(openNode(parent, path, O_DIRECTORY).get(), path.text());
  }

  void applyFolder(const Fd& folder, const TarEntry& entry, const std::string& path) {
    LaterFolder later{path, 0, 0, entry.mtime, {}};
    Xattrs xattrs;
    for (const auto& [name, value] : entry.xattrs) {
      if (name == kDefaultAcl)
        later.defaultAcl = value;
      else
        xattrs.emplace_back(name, value);
    }
    Metadata metadata = metadataOf(entry);
    metadata.xattrs = &xattrs;
    metadata_.apply(folder.get(), S_IFDIR, metadata, path);
    struct stat status;
    check(fstat(folder.get(), &status), kStep, "fstat", path);
    later.device = status.st_dev;
    later.inode = status.st_ino;
    laterBytes_ += sizeof later + path.size() + later.defaultAcl.size();
    if (laterBytes_ > kMaxLaterBytes)
      throw UnpackError("TOO_MANY_ENTRIES", path, "too many folders");
    later_.push_back(std::move(later));
  }

  void makeSymlink(int parent, const TreePath& path, const TarEntry& entry) {
    if (entry.linkPath.empty() || entry.linkPath.size() > options_.paths.maxPathBytes)
      throw UnpackError("BAD_LINK", entry.path, "the target is empty or too long");
    create(parent, path, false, "symlinkat",
           [&](int at, const char* name) { return symlinkat(entry.linkPath.c_str(), at, name); });
    metadata_.apply(openNode(parent, path, 0).get(), S_IFLNK, metadataOf(entry), path.text());
  }

  // Its attributes are those of the target, which came earlier in the archive.
  void makeHardLink(int parent, const TreePath& path, const TarEntry& entry) {
    const TreePath target = cleanTreePath(entry.linkPath, options_.paths);
    if (target.isRoot()) throw UnpackError("BAD_LINK", entry.path, "the target is the root");
    const Fd from = tryOpenInRoot(root_, target.parent(), O_PATH | O_DIRECTORY, kStep);
    struct stat old, there;
    if (!from || fstatat(from.get(), target.name().c_str(), &old, AT_SYMLINK_NOFOLLOW) < 0)
      throw UnpackError("BAD_LINK", entry.path, "the target is not in the archive");
    if (S_ISDIR(old.st_mode)) throw UnpackError("BAD_LINK", entry.path, "the target is a folder");
    if (fstatat(parent, path.name().c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
        there.st_dev == old.st_dev && there.st_ino == old.st_ino)
      return;
    create(parent, path, false, "linkat", [&](int at, const char* name) {
      return linkat(from.get(), target.name().c_str(), at, name, 0);
    });
  }

  void makeNode(int parent, const TreePath& path, const TarEntry& entry) {
    if (entry.devMajor > kMaxMajor || entry.devMinor > kMaxMinor)
      throw UnpackError("DEVICE_RANGE", entry.path, "the device number is out of range");
    const bool device = entry.type != TarType::fifo;
    if (device && metadata_.ids().nested()) {
      result_.skippedDevices++;
      return;
    }
    const mode_t kind = !device ? S_IFIFO : entry.type == TarType::charDevice ? S_IFCHR : S_IFBLK;
    const dev_t number =
        makedev(static_cast<unsigned>(entry.devMajor), static_cast<unsigned>(entry.devMinor));
    create(parent, path, false, "mknodat", [&](int at, const char* name) {
      return mknodat(at, name, kind | 0600, device ? number : 0);
    });
    metadata_.apply(openNode(parent, path, 0).get(), kind, metadataOf(entry), path.text());
  }

  // True when the member was a whiteout and nothing else is to be made of it.
  bool handleWhiteout(int parent, const TreePath& path, const TarEntry& entry) {
    const bool device =
        entry.type == TarType::charDevice && entry.devMajor == 0 && entry.devMinor == 0;
    const bool named = options_.whiteouts != Whiteouts::plain && hasWhiteoutName(path);
    if (!device && !named) return false;
    if (options_.whiteouts != Whiteouts::overlay)
      throw UnpackError("WHITEOUT", entry.path,
                        "this marks a removed file, which a whole file system has none of");
    result_.whiteouts++;
    const std::string& name = path.name();
    if (name == kOpaque) return setOpaque(parent, path.parent()), true;
    if (name.starts_with(kWhiteoutMeta)) return true;  // aufs' own files
    const std::string removed = named ? name.substr(kWhiteout.size()) : name;
    if (removed.empty() || removed == "." || removed == "..")
      throw UnpackError("WHITEOUT", entry.path, "this removes no file");
    return hide(parent, removed, path.text()), true;
  }

  bool hasWhiteoutName(const TreePath& path) const {
    for (size_t i = 0; i + 1 < path.parts.size(); i++)
      if (path.parts[i].starts_with(kWhiteout))
        throw UnpackError("WHITEOUT", path.text(), "a removed file is no folder");
    return path.name().starts_with(kWhiteout);
  }

  // A whiteout speaks of the layer below: what this layer itself has stays.
  void hide(int parent, const std::string& name, const std::string& path) {
    if (mknodat(parent, name.c_str(), S_IFCHR, 0) == 0) return;
    if (errno != EEXIST) throw SysError(kStep, "mknodat", path, errno);
    const Fd folder(openat(parent, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (folder) setOpaque(folder.get(), path);
  }

  void setOpaque(int folder, const std::string& path) {
    const char* name = metadata_.ids().nested() ? "user.overlay.opaque" : "trusted.overlay.opaque";
    check(setxattr(kernel::FdPath(folder), name, "y", 1, 0), kStep, "setxattr", path);
  }

  Fd openNode(int parent, const TreePath& path, int flags) {
    return Fd(check(openat(parent, path.name().c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC | flags),
                    kStep, "openat", path.text()));
  }

  void finishFolders() {
    for (const LaterFolder& later : later_) {
      const Fd folder = tryOpenInRoot(root_, later.path, O_PATH | O_DIRECTORY, kStep);
      struct stat status;
      // Replaced by a later member: then this one is no longer part of the tree.
      if (!folder || fstat(folder.get(), &status) < 0) continue;
      if (status.st_dev != later.device || status.st_ino != later.inode) continue;
      if (!later.defaultAcl.empty())
        metadata_.setXattr(folder.get(), S_IFDIR, kDefaultAcl, later.defaultAcl, later.path);
      MetadataWriter::setTime(folder.get(), later.mtime, later.path);
    }
  }

  static Metadata metadataOf(const TarEntry& entry) {
    return {entry.mode, entry.uid, entry.gid, entry.mtime, &entry.xattrs};
  }

  TarReader reader_;
  int root_;
  const UnpackOptions& options_;
  MetadataWriter metadata_;
  UnpackResult result_;
  Fd parent_;
  std::string parentPath_;
  bool parentStale_ = false;
  std::string_view carry_;
  std::vector<LaterFolder> later_;
  size_t laterBytes_ = 0;
};

}  // namespace

UnpackResult unpackTar(int tarFd, int rootDirFd, const UnpackOptions& options) {
  return Unpacker(tarFd, rootDirFd, options).run();
}

}  // namespace slipway
