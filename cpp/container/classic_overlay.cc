// SPDX-License-Identifier: Apache-2.0
#include "container/classic_overlay.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "sys/detached_mount.h"
#include "sys/error.h"

namespace slipway {
namespace {

constexpr const char* kStep = "mount rootfs";
// mount(2) reads one page of options and cuts off the rest without a word.
constexpr size_t kOptionsSize = 4095;

// Names of descriptors are short where they are names of the working folder: a
// page then holds the 500 layers that overlayfs takes.
class AmongDescriptors {
 public:
  AmongDescriptors()
      : before_(check(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), kStep, "open", ".")) {
    check(chdir("/proc/self/fd"), kStep, "chdir", "/proc/self/fd");
  }
  void leave() { check(fchdir(before_.get()), kStep, "fchdir", "."); }

 private:
  Fd before_;
};

std::string optionsOf(const std::vector<Fd>& lower, const Fd& upper, const Fd& work,
                      ClassicOptions wanted) {
  std::string options = "lowerdir=";
  for (const Fd& layer : lower) options += std::to_string(layer.get()) + ":";
  options.back() = ',';
  options += "upperdir=" + std::to_string(upper.get()) + ",workdir=" + std::to_string(work.get()) +
             ",redirect_dir=nofollow,metacopy=off";
  if (wanted.isVolatile) options += ",volatile";
  if (wanted.userxattr) options += ",userxattr";
  return options;
}

const char* hintFor(int err, ClassicOptions wanted) {
  if (err != EPERM && err != EINVAL) return "";
  if (wanted.userxattr) return "overlays without root need Linux 5.11";
  return wanted.idmapped ? "overlays of a user namespace of its own need Linux 5.19" : "";
}

}  // namespace

Fd classicOverlay(const std::vector<Fd>& lower, const Fd& upper, const Fd& work,
                  ClassicOptions wanted, const std::string& dir) {
  const std::string options = optionsOf(lower, upper, work, wanted);
  if (options.size() > kOptionsSize)
    throw SysError(kStep, "mount", dir, E2BIG, "this many layers need Linux 6.7");
  AmongDescriptors names;
  if (mount("overlay", dir.c_str(), "overlay", 0, options.c_str()) < 0) {
    const int saved = errno;
    throw SysError(kStep, "mount", dir, saved, hintFor(saved, wanted));
  }
  names.leave();
  Fd clone = cloneMount(AT_FDCWD, dir, false, kStep);
  check(umount2(dir.c_str(), MNT_DETACH), kStep, "umount2", dir);
  return clone;
}

}  // namespace slipway
