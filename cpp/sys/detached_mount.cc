// SPDX-License-Identifier: Apache-2.0
#include "sys/detached_mount.h"

#include <fcntl.h>

#include "sys/error.h"
#include "sys/features.h"
#include "sys/remount.h"

namespace slipway {

using namespace kernel;

namespace {

const char* hintFor(int err, uint64_t attributes) {
  const bool refused = err == EINVAL && (attributes & kAttrNosymfollow) != 0;
  return refused ? "nosymfollow may need Linux 5.14" : "";
}

}  // namespace

FsContext::FsContext(const std::string& type, const char* step, std::string path)
    : step_(step), path_(std::move(path)) {
  const int fd = fsopen(type.c_str());
  if (fd < 0) {
    const int saved = errno;
    throw SysError(step_, "fsopen", path_, saved,
                   saved == ENODEV ? "the kernel has no file system " + type : "");
  }
  fs_.reset(fd);
}

void FsContext::fail(const char* syscall, int err) const {
  char words[512];
  const ssize_t n = read(fs_.get(), words, sizeof words);
  std::string hint;
  if (n > 2) {
    hint.assign(words + 2, static_cast<size_t>(n) - 2);  // "e " before an error
    while (!hint.empty() && hint.back() == '\n') hint.pop_back();
  }
  throw SysError(step_, syscall, path_, err, hint);
}

void FsContext::set(const std::string& key, const std::optional<std::string>& value) {
  const unsigned command = value ? kSetString : kSetFlag;
  if (fsconfig(fs_.get(), command, key.c_str(), value ? value->c_str() : nullptr, 0) < 0)
    fail("fsconfig", errno);
}

Fd FsContext::mount(uint64_t attributes) {
  if (fsconfig(fs_.get(), kCreate, nullptr, nullptr, 0) < 0) fail("fsconfig", errno);
  const int fd = fsmount(fs_.get(), attributes);
  if (fd < 0) {
    const int saved = errno;
    const char* hint = hintFor(saved, attributes);
    if (*hint != '\0') throw SysError(step_, "fsmount", path_, saved, hint);
    fail("fsmount", saved);
  }
  return Fd(fd);
}

Fd cloneMount(int dir, const std::string& path, bool recursive, const char* step) {
  const unsigned flags = kOpenTreeClone | kOpenTreeCloexec | (recursive ? kAtRecursive : 0);
  return Fd(check(openTree(dir, path.c_str(), flags), step, "open_tree", path));
}

Fd cloneMount(int fd, bool recursive, const char* step, const std::string& shown) {
  const unsigned flags =
      kOpenTreeClone | kOpenTreeCloexec | kAtEmptyPath | (recursive ? kAtRecursive : 0);
  return Fd(check(openTree(fd, "", flags), step, "open_tree", shown));
}

Fd tryCloneMount(int fd) {
  return Fd(openTree(fd, "", kOpenTreeClone | kOpenTreeCloexec | kAtEmptyPath));
}

// A change of its options, also one that changes none, begins with that
// (reconfigure_super() in fs/super.c).
void forgetNames(int mount, const char* step, const std::string& shown) {
  const Fd fs(check(fspick(mount), step, "fspick", shown));
  check(fsconfig(fs.get(), kReconfigure, nullptr, nullptr, 0), step, "fsconfig", shown);
}

void attachMount(int mount, int target, const char* step, const std::string& shown) {
  check(moveMount(mount, target), step, "move_mount", shown);
}

void attachMount(int mount, int target, const std::vector<AttributeChange>& changes,
                 const char* step, const std::string& shown) {
  const auto change = [&] {
    for (const auto& [attributes, recursive] : changes)
      setMountAttributes(mount, attributes, recursive, step, shown);
  };
  if (features().mountSetattr) change();
  attachMount(mount, target, step, shown);
  if (!features().mountSetattr) change();
}

void setMountAttributes(int mount, const MountAttributes& attributes, bool recursive,
                        const char* step, const std::string& shown) {
  if (!features().mountSetattr) return remount(mount, attributes, recursive, step, shown);
  const unsigned flags = kAtEmptyPath | (recursive ? kAtRecursive : 0);
  if (mountSetattr(mount, "", flags, attributes) == 0) return;
  const int saved = errno;
  throw SysError(step, "mount_setattr", shown, saved, hintFor(saved, attributes.attrSet));
}

void setRootAttributes(const MountAttributes& attributes, const char* step) {
  if (!features().mountSetattr) return remountRoot(attributes, step);
  check(mountSetattr(AT_FDCWD, "/", 0, attributes), step, "mount_setattr", "/");
}

}  // namespace slipway
