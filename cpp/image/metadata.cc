// SPDX-License-Identifier: Apache-2.0
#include "image/metadata.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "image/unpack_error.h"
#include "sys/error.h"
#include "sys/kernel.h"

namespace slipway {
namespace {

constexpr const char* kStep = "set file attributes";
// XATTR_NAME_MAX and XATTR_SIZE_MAX of linux/limits.h.
constexpr size_t kMaxXattrName = 255, kMaxXattrValue = 65536;

bool isOfMachine(std::string_view name) {
  return MetadataWriter::isOverlayXattr(name) || name == "security.selinux" ||
         name == "security.ima" || name == "security.evm";
}

}  // namespace

bool MetadataWriter::isOverlayXattr(std::string_view name) {
  return name.starts_with("trusted.overlay.") || name.starts_with("user.overlay.");
}

void MetadataWriter::apply(int fd, mode_t kind, const Metadata& metadata, const std::string& path) {
  // Owner first: a change of owner takes set-id bits and file capabilities away.
  const bool exact = setOwner(fd, metadata, path);
  mode_t mode = metadata.mode & 07777;
  // A program that ran as somebody else must not run as whoever got the file.
  if (!exact && kind == S_IFREG) mode &= ~static_cast<mode_t>(S_ISUID | S_ISGID);
  if (kind == S_IFREG)
    check(fchmod(fd, mode), kStep, "fchmod", path);
  else if (kind != S_IFLNK)
    check(chmod(kernel::FdPath(fd), mode), kStep, "chmod", path);
  if (metadata.xattrs)
    for (const auto& [name, value] : *metadata.xattrs) setXattr(fd, kind, name, value, path);
  setTime(fd, metadata.mtime, path);
}

bool MetadataWriter::setOwner(int fd, const Metadata& metadata, const std::string& path) {
  const bool exact = ids_.hasUser(metadata.uid) && ids_.hasGroup(metadata.gid);
  if (!exact && !squashOwners_)
    throw SysError(kStep, "fchownat", path, EINVAL,
                   "owner " + std::to_string(metadata.uid) + ":" + std::to_string(metadata.gid) +
                       " has no id in this user namespace");
  const uid_t uid = ids_.hasUser(metadata.uid) ? metadata.uid : 0;
  const gid_t gid = ids_.hasGroup(metadata.gid) ? metadata.gid : 0;
  check(fchownat(fd, "", uid, gid, AT_EMPTY_PATH), kStep, "fchownat", path);
  if (!exact) counts.squashedOwners++;
  return exact;
}

void MetadataWriter::setXattr(int fd, mode_t kind, const std::string& name, std::string_view value,
                              const std::string& path) {
  if (isOverlayXattr(name)) {
    counts.droppedXattrs++;
    return;
  }
  if (name.size() > kMaxXattrName || value.size() > kMaxXattrValue)
    throw UnpackError("RECORD_TOO_LARGE", path, "an extended attribute is too large");
  const int result =
      kind == S_IFREG ? fsetxattr(fd, name.c_str(), value.data(), value.size(), 0)
                      : setxattr(kernel::FdPath(fd), name.c_str(), value.data(), value.size(), 0);
  if (result == 0) return;
  const int saved = errno;
  // EINVAL: an access list that names an id this namespace does not have.
  if (saved == EOPNOTSUPP || saved == EPERM || (saved == EINVAL && squashOwners_)) {
    counts.skippedXattrs++;
    return;
  }
  throw SysError(kStep, "setxattr", path, saved, name);
}

void MetadataWriter::setTime(int fd, const timespec& mtime, const std::string& path) {
  const timespec times[2] = {mtime, mtime};
  check(utimensat(fd, "", times, AT_EMPTY_PATH), kStep, "utimensat", path);
}

Xattrs readXattrs(int fd, const std::string& path) {
  // XATTR_LIST_MAX is as much as the kernel ever lists.
  std::string names(kMaxXattrValue, '\0');
  const ssize_t length = listxattr(kernel::FdPath(fd), names.data(), names.size());
  if (length < 0 && errno == EOPNOTSUPP) return {};
  names.resize(static_cast<size_t>(check(length, "read file attributes", "listxattr", path)));
  Xattrs found;
  for (size_t at = 0; at < names.size(); at += strlen(&names[at]) + 1) {
    const char* name = &names[at];
    if (isOfMachine(name)) continue;
    std::string value(kMaxXattrValue, '\0');
    const ssize_t n = getxattr(kernel::FdPath(fd), name, value.data(), value.size());
    if (n < 0 && errno == ENODATA) continue;
    value.resize(static_cast<size_t>(check(n, "read file attributes", "getxattr", path)));
    found.emplace_back(name, std::move(value));
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace slipway
