// SPDX-License-Identifier: Apache-2.0
#include "sys/detached_mount.h"

#include <fcntl.h>

#include "sys/error.h"

namespace slipway {

using namespace kernel;

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

bool FsContext::trySet(const std::string& key, const std::string& value) {
  if (fsconfig(fs_.get(), kSetString, key.c_str(), value.c_str(), 0) == 0) return true;
  if (errno == EINVAL) return false;
  fail("fsconfig", errno);
}

Fd FsContext::mount(uint64_t attributes) {
  if (fsconfig(fs_.get(), kCreate, nullptr, nullptr, 0) < 0) fail("fsconfig", errno);
  const int fd = fsmount(fs_.get(), attributes);
  if (fd < 0) fail("fsmount", errno);
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

void attachMount(int mount, int target, const char* step, const std::string& shown) {
  check(moveMount(mount, target), step, "move_mount", shown);
}

void setMountAttributes(int mount, const MountAttributes& attributes, bool recursive,
                        const char* step, const std::string& shown) {
  check(mountSetattr(mount, "", kAtEmptyPath | (recursive ? kAtRecursive : 0), attributes), step,
        "mount_setattr", shown);
}

}  // namespace slipway
