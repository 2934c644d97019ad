// SPDX-License-Identifier: Apache-2.0
#include "container/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "sys/detached_mount.h"
#include "sys/error.h"
#include "sys/kernel.h"
#include "sys/path.h"

namespace slipway {
namespace {

constexpr const char* kStep = "open terminal";
constexpr long kDevptsMagic = 0x1cd1;

Fd openMaster(int root) {
  constexpr const char* path = "/dev/pts/ptmx";
  Fd found = openInRoot(root, path, O_RDWR | O_NOCTTY | O_NONBLOCK, kStep, Links::refuse);
  struct stat status;
  struct statfs fs;
  check(fstat(found.get(), &status), kStep, "fstat", path);
  check(fstatfs(found.get(), &fs), kStep, "fstatfs", path);
  if (fs.f_type != kDevptsMagic || !S_ISCHR(status.st_mode) || status.st_rdev != makedev(5, 2)) {
    throw SysError(kStep, "fstatfs", path, ENODEV, "a terminal needs a devpts mounted at /dev/pts");
  }
  return found;
}

}  // namespace

Terminal openTerminal(int root, const std::optional<spec::ConsoleSize>& size) {
  Terminal terminal;
  terminal.master = openMaster(root);
  int unlocked = 0;
  check(ioctl(terminal.master.get(), TIOCSPTLCK, &unlocked), kStep, "ioctl", "TIOCSPTLCK");
  terminal.peer = Fd(check(ioctl(terminal.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC),
                           kStep, "ioctl", "TIOCGPTPEER"));
  if (size && size->height != 0 && size->width != 0) {
    const winsize window{static_cast<unsigned short>(size->height),
                         static_cast<unsigned short>(size->width), 0, 0};
    check(ioctl(terminal.master.get(), TIOCSWINSZ, &window), kStep, "ioctl", "TIOCSWINSZ");
  }
  return terminal;
}

void bindConsole(int root, const Terminal& terminal) {
  const Fd dev = makeDirInRoot(root, "/dev", kStep, Links::refuse);
  const Fd made(openat(dev.get(), "console", O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!made) throw SysError(kStep, "openat", "/dev/console", errno);
  const Fd target(check(openat(dev.get(), "console", O_PATH | O_NOFOLLOW | O_CLOEXEC), kStep,
                        "openat", "/dev/console"));
  const Fd peer = cloneMount(terminal.peer.get(), false, kStep, "/dev/console");
  attachMount(peer.get(), target.get(), kStep, "/dev/console");
}

}  // namespace slipway
