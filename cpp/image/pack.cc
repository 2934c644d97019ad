// SPDX-License-Identifier: Apache-2.0
#include "image/pack.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <climits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "image/metadata.h"
#include "image/tar_writer.h"
#include "image/tree_walk.h"
#include "sys/error.h"

namespace slipway {
namespace {

constexpr const char* kStep = "pack folder";

TarType typeOf(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFLNK:
      return TarType::symlink;
    case S_IFCHR:
      return TarType::charDevice;
    case S_IFBLK:
      return TarType::blockDevice;
    case S_IFDIR:
      return TarType::folder;
    case S_IFIFO:
      return TarType::fifo;
    default:
      return TarType::file;
  }
}

class Packer {
 public:
  explicit Packer(int out) : writer_(out), chunk_(256 * 1024) {}

  PackResult run(int root) {
    walkTree(root, [this](const TreeNode& node) { visit(node); });
    writer_.end();
    result_.archiveBytes = writer_.written();
    return result_;
  }

 private:
  void visit(const TreeNode& node) {
    if (S_ISSOCK(node.status.st_mode)) {
      result_.skippedSockets++;
      return;
    }
    if (node.mount) result_.skippedMounts++;
    TarEntry entry = describe(node);
    result_.entries++;
    if (linkToEarlier(node, entry)) return writer_.add(entry);
    entry.xattrs = readXattrs(node.inode.get(), node.path);
    writer_.add(entry);
    if (entry.type == TarType::file && entry.size > 0) writeContent(node, entry.size);
  }

  TarEntry describe(const TreeNode& node) {
    const struct stat& status = node.status;
    TarEntry entry;
    entry.type = typeOf(status.st_mode);
    entry.path = node.path;
    if (entry.type == TarType::folder) entry.path = node.path.empty() ? "./" : node.path + "/";
    entry.mode = status.st_mode & 07777;
    entry.uid = status.st_uid;
    entry.gid = status.st_gid;
    entry.mtime = status.st_mtim;
    if (entry.type == TarType::file && !node.mount)
      entry.size = static_cast<uint64_t>(status.st_size);
    if (entry.type == TarType::charDevice || entry.type == TarType::blockDevice) {
      entry.devMajor = major(status.st_rdev);
      entry.devMinor = minor(status.st_rdev);
    }
    if (entry.type == TarType::symlink) entry.linkPath = readTarget(node);
    return entry;
  }

  bool linkToEarlier(const TreeNode& node, TarEntry& entry) {
    if (entry.type == TarType::folder || node.mount || node.status.st_nlink < 2) return false;
    const auto [first, fresh] =
        seen_.try_emplace({node.status.st_dev, node.status.st_ino}, node.path);
    if (fresh) return false;
    entry.type = TarType::hardLink;
    entry.linkPath = first->second;
    entry.size = 0;
    return true;
  }

  static std::string readTarget(const TreeNode& node) {
    char target[PATH_MAX];
    const ssize_t n = check(readlinkat(node.inode.get(), "", target, sizeof target), kStep,
                            "readlinkat", node.path);
    return std::string(target, static_cast<size_t>(n));
  }

  void writeContent(const TreeNode& node, uint64_t size) {
    const Fd file = openForReading(node);
    while (size > 0) {
      const ssize_t n = read(file.get(), chunk_.data(), std::min<uint64_t>(size, chunk_.size()));
      if (n < 0 && errno == EINTR) continue;
      check(n, kStep, "read", node.path);
      if (n == 0)
        throw SysError(kStep, "read", node.path, EIO, "the file became shorter while it was read");
      writer_.write({chunk_.data(), static_cast<size_t>(n)});
      size -= static_cast<uint64_t>(n);
    }
  }

  TarWriter writer_;
  PackResult result_;
  std::vector<char> chunk_;
  std::map<std::pair<dev_t, ino_t>, std::string> seen_;
};

}  // namespace

PackResult packTar(int rootDirFd, int tarFd) { return Packer(tarFd).run(rootDirFd); }

}  // namespace slipway
