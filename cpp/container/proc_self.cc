// SPDX-License-Identifier: Apache-2.0
#include "container/proc_self.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "sys/kernel.h"
#include "sys/raw.h"

namespace slipway {
namespace {

constexpr const char* kStep = "open proc";
constexpr long kProcMagic = 0x9fa0;
constexpr ino_t kProcRootInode = 1;

// Not one of its folders, bound there by somebody.
bool isProcRoot(long fd) {
  struct statfs fs{};
  struct stat status{};
  return raw::call(SYS_fstatfs, fd, &fs) == 0 && fs.f_type == kProcMagic &&
         raw::call(SYS_fstat, fd, &status) == 0 && status.st_ino == kProcRootInode;
}

Fault mountProc(int& proc) {
  const long fs = raw::call(kernel::kFsopen, "proc", kernel::kFsopenCloexec);
  if (fs < 0) return faultOf(fs, kStep, "fsopen", "proc");
  const long made =
      raw::call(kernel::kFsconfig, fs, unsigned{kernel::kCreate}, nullptr, nullptr, 0);
  const long mount = made < 0 ? made : raw::call(kernel::kFsmount, fs, kernel::kFsmountCloexec, 0);
  raw::call(SYS_close, fs);
  if (mount < 0) return faultOf(mount, kStep, made < 0 ? "fsconfig" : "fsmount", "proc");
  proc = static_cast<int>(mount);
  return {};
}

}  // namespace

Fault openProcSelf(int root, int& proc, int& self) {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS;
  proc = self = -1;
  const long found = raw::call(kernel::kOpenat2, root, "/proc", &how, sizeof how);
  if (found >= 0 && isProcRoot(found)) {
    proc = static_cast<int>(found);
  } else {
    if (found >= 0) raw::call(SYS_close, found);
    if (const Fault fault = mountProc(proc)) return fault;
  }
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  // Its link "self" is a plain one.
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  const long own = raw::call(kernel::kOpenat2, proc, "self", &how, sizeof how);
  if (own < 0) return faultOf(own, kStep, "openat2", "/proc");
  self = static_cast<int>(own);
  return {};
}

Fault writeProcSelf(int self, const char* file, std::string_view text, const char* step) {
  const long fd = raw::call(SYS_openat, self, file, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return faultOf(fd, step, "openat", file);
  const long written = raw::call(SYS_write, fd, text.data(), text.size());
  raw::call(SYS_close, fd);
  return faultOf(written, step, "write", file);
}

}  // namespace slipway
