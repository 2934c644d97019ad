// SPDX-License-Identifier: Apache-2.0
#include "container/masks.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "sys/detached_mount.h"
#include "sys/error.h"
#include "sys/kernel.h"
#include "sys/path.h"

namespace slipway {
namespace {

constexpr const char* kMask = "mask path";
constexpr const char* kProtect = "protect path";

bool isFolder(int fd, const std::string& path) {
  struct stat status;
  check(fstat(fd, &status), kMask, "fstat", path);
  return S_ISDIR(status.st_mode);
}

// One empty read-only tmpfs hides all folders. It is attached to the first of
// them and copied from there, since before 6.15 only an attached mount can be
// copied.
class EmptyFolder {
 public:
  void attach(int target, const std::string& path) {
    if (first_) {
      const Fd copy = cloneMount(first_.get(), false, kMask, path);
      return attachMount(copy.get(), target, kMask, path);
    }
    FsContext fs("tmpfs", kMask, path);
    fs.set("size", "0");
    fs.set("nr_inodes", "2");
    first_ = fs.mount(kernel::kAttrRdonly | kernel::kAttrNosuid | kernel::kAttrNodev |
                      kernel::kAttrNoexec);
    attachMount(first_.get(), target, kMask, path);
  }

 private:
  Fd first_;
};

}  // namespace

Fd openNullDevice() {
  Fd null(check(open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC), kMask, "open", "/dev/null"));
  struct stat status;
  check(fstat(null.get(), &status), kMask, "fstat", "/dev/null");
  if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3)) {
    throw SysError(kMask, "fstat", "/dev/null", ENODEV,
                   "the machine's /dev/null is not the null device");
  }
  return null;
}

void maskPaths(int root, const std::vector<std::string>& paths, int nullDevice) {
  EmptyFolder empty;
  for (const std::string& path : paths) {
    const Fd target = tryOpenInRoot(root, path, O_PATH, kMask);
    if (!target) continue;  // nothing to hide on this kernel or in this image
    if (isFolder(target.get(), path)) {
      empty.attach(target.get(), path);
      continue;
    }
    const Fd null = cloneMount(nullDevice, false, kMask, path);
    attachMount(null.get(), target.get(), kMask, path);
  }
}

void protectPaths(int root, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    const Fd target = tryOpenInRoot(root, path, O_PATH, kProtect);
    if (!target) continue;
    const Fd copy = cloneMount(target.get(), true, kProtect, path);
    attachMount(copy.get(), target.get(), {{{.attrSet = kernel::kAttrRdonly}, true}}, kProtect,
                path);
  }
}

}  // namespace slipway
