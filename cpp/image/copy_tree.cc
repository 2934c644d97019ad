// SPDX-License-Identifier: Apache-2.0
#include "image/copy_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "image/copy_file.h"
#include "image/tree_walk.h"
#include "image/unpack_error.h"
#include "sys/error.h"
#include "sys/path.h"

namespace slipway {
namespace {

constexpr const char* kStep = "copy folder";

class Copier {
 public:
  Copier(int source, int dest, const CopyOptions& options)
      : source_(source),
        dest_(dest),
        sync_(options.sync),
        metadata_(IdMap::current(), options.squashOwners) {}

  CopyResult run() {
    walkTree(source_, [this](const TreeNode& node) { copy(node); });
    // A folder's time changes as it fills, and its mode may forbid to fill it.
    for (auto path = folders_.rbegin(); path != folders_.rend(); ++path) finishFolder(*path);
    if (sync_) check(syncfs(dest_), kStep, "syncfs");
    result_.metadata = metadata_.counts;
    return result_;
  }

 private:
  void copy(const TreeNode& node) {
    if (node.mount) result_.skippedMounts++;
    const mode_t kind = node.status.st_mode & S_IFMT;
    if (kind == S_IFDIR) return copyFolder(node);
    const Fd parent = openDest(parentOf(node.path));
    if (linkToEarlier(node, parent.get())) return;
    if (kind == S_IFREG) return copyFile(node, parent.get());
    if (kind == S_IFLNK) return copyLink(node, parent.get());
    copyNode(node, parent.get(), kind);
  }

  void copyFolder(const TreeNode& node) {
    result_.entries++;
    folders_.push_back(node.path);
    if (node.path.empty()) return;
    const Fd parent = openDest(parentOf(node.path));
    check(mkdirat(parent.get(), node.name.c_str(), 0700), kStep, "mkdirat", node.path);
  }

  void copyFile(const TreeNode& node, int parent) {
    const Fd to(check(openat(parent, node.name.c_str(),
                             O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600),
                      kStep, "openat", node.path));
    if (!node.mount) {
      const auto size = static_cast<uint64_t>(node.status.st_size);
      copyFileContent(openForReading(node).get(), to.get(), size, node.path);
      result_.fileBytes += size;
    }
    apply(node, to.get(), S_IFREG);
  }

  void copyLink(const TreeNode& node, int parent) {
    char target[PATH_MAX];
    const ssize_t n = check(readlinkat(node.inode.get(), "", target, sizeof target - 1), kStep,
                            "readlinkat", node.path);
    target[n] = '\0';
    check(symlinkat(target, parent, node.name.c_str()), kStep, "symlinkat", node.path);
    apply(node, openMade(node, parent).get(), S_IFLNK);
  }

  void copyNode(const TreeNode& node, int parent, mode_t kind) {
    if (kind == S_IFSOCK) {
      result_.skippedSockets++;
      return;
    }
    if (kind == S_IFCHR && node.status.st_rdev == 0)
      throw UnpackError("WHITEOUT", node.path,
                        "this marks a removed file, which a whole file system has none of");
    if (kind != S_IFIFO && metadata_.ids().nested()) {
      result_.skippedDevices++;
      return;
    }
    check(mknodat(parent, node.name.c_str(), kind | 0600, node.status.st_rdev), kStep, "mknodat",
          node.path);
    apply(node, openMade(node, parent).get(), kind);
  }

  bool linkToEarlier(const TreeNode& node, int parent) {
    if (node.status.st_nlink < 2 || node.mount || S_ISSOCK(node.status.st_mode)) return false;
    const auto [first, fresh] =
        made_.try_emplace({node.status.st_dev, node.status.st_ino}, node.path);
    if (fresh) return false;
    const std::string& path = first->second;
    const Fd from = openDest(parentOf(path));
    const std::string name = path.substr(path.rfind('/') + 1);
    if (linkat(from.get(), name.c_str(), parent, node.name.c_str(), 0) == 0) {
      result_.entries++;
      return true;
    }
    // A device of which nothing was made has no first one to link to.
    if (errno == ENOENT && metadata_.ids().nested()) return false;
    throw SysError(kStep, "linkat", node.path, errno);
  }

  void apply(const TreeNode& node, int fd, mode_t kind) {
    result_.entries++;
    applyFrom(node.inode.get(), node.status, fd, kind, node.path);
  }

  void applyFrom(int from, const struct stat& status, int to, mode_t kind,
                 const std::string& path) {
    const Xattrs xattrs = readXattrs(from, path);
    metadata_.apply(to, kind,
                    {status.st_mode & 07777, status.st_uid, status.st_gid, status.st_mtim, &xattrs},
                    path);
  }

  void finishFolder(const std::string& path) {
    const Fd from = openInRoot(source_, path, O_PATH | O_DIRECTORY, kStep, Links::refuse);
    const Fd to = openDest(path);
    struct stat status;
    check(fstat(from.get(), &status), kStep, "fstat", path);
    applyFrom(from.get(), status, to.get(), S_IFDIR, path);
  }

  static std::string parentOf(const std::string& path) {
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
  }

  Fd openDest(const std::string& path) {
    return openInRoot(dest_, path, O_PATH | O_DIRECTORY, kStep, Links::refuse);
  }

  static Fd openMade(const TreeNode& node, int parent) {
    return Fd(check(openat(parent, node.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC), kStep,
                    "openat", node.path));
  }

  int source_, dest_;
  bool sync_;
  MetadataWriter metadata_;
  CopyResult result_;
  std::vector<std::string> folders_;
  std::map<std::pair<dev_t, ino_t>, std::string> made_;
};

}  // namespace

CopyResult copyTree(int sourceDirFd, int destDirFd, const CopyOptions& options) {
  return Copier(sourceDirFd, destDirFd, options).run();
}

}  // namespace slipway
