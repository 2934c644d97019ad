// SPDX-License-Identifier: Apache-2.0
// Kernel calls and constants that the C library of the build machine may not
// know yet. Thin: one function a call, errno as the kernel sets it.
#pragma once

#include <linux/openat2.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>

namespace slipway::kernel {

// open_tree(2), move_mount(2), fsopen(2), mount_setattr(2): numbers are shared
// by all architectures (asm-generic/unistd.h, kernel 5.2 and 5.12).
inline constexpr int kOpenTree = 428, kMoveMount = 429, kFsopen = 430, kFsconfig = 431,
                     kFsmount = 432, kFspick = 433, kPidfdOpen = 434, kClone3 = 435,
                     kCloseRange = 436, kOpenat2 = 437, kMountSetattr = 442;

inline constexpr unsigned kOpenTreeClone = 1, kOpenTreeCloexec = 02000000;
inline constexpr unsigned kAtRecursive = 0x8000, kAtEmptyPath = 0x1000, kAtSymlinkNofollow = 0x100;
inline constexpr unsigned kMoveFromEmptyPath = 0x4, kMoveToEmptyPath = 0x40;
inline constexpr unsigned kFsopenCloexec = 1, kFsmountCloexec = 1, kFspickCloexec = 1,
                          kFspickEmptyPath = 8;
enum FsconfigCommand : unsigned {
  kSetFlag = 0,
  kSetString = 1,
  kSetBinary = 2,
  kSetPath = 3,
  kSetFd = 5,
  kCreate = 6,
  kReconfigure = 7
};

enum MountAttr : uint64_t {
  kAttrRdonly = 0x1,
  kAttrNosuid = 0x2,
  kAttrNodev = 0x4,
  kAttrNoexec = 0x8,
  kAttrAtimeMask = 0x70,
  kAttrRelatime = 0x0,
  kAttrNoatime = 0x10,
  kAttrStrictatime = 0x20,
  kAttrNodiratime = 0x80,
  kAttrIdmap = 0x100000,
  kAttrNosymfollow = 0x200000,
};

struct MountAttributes {
  uint64_t attrSet = 0, attrClr = 0, propagation = 0, usernsFd = 0;
};

inline int openTree(int dir, const char* path, unsigned flags) {
  return static_cast<int>(syscall(kOpenTree, dir, path, flags));
}
inline int moveMount(int from, int to) {
  return static_cast<int>(
      syscall(kMoveMount, from, "", to, "", kMoveFromEmptyPath | kMoveToEmptyPath));
}
inline int fsopen(const char* type) {
  return static_cast<int>(syscall(kFsopen, type, kFsopenCloexec));
}
inline int fsconfig(int fs, unsigned command, const char* key, const void* value, int aux) {
  return static_cast<int>(syscall(kFsconfig, fs, command, key, value, aux));
}
inline int fsmount(int fs, uint64_t attributes) {
  return static_cast<int>(syscall(kFsmount, fs, kFsmountCloexec, attributes));
}
inline int fspick(int mount) {
  return static_cast<int>(syscall(kFspick, mount, "", kFspickCloexec | kFspickEmptyPath));
}
inline int mountSetattr(int dir, const char* path, unsigned flags, const MountAttributes& attr) {
  return static_cast<int>(syscall(kMountSetattr, dir, path, flags, &attr, sizeof attr));
}
inline int openat2(int dir, const char* path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  open_how how{};
  how.flags = flags;
  how.mode = mode;
  how.resolve = resolve;
  return static_cast<int>(syscall(kOpenat2, dir, path, &how, sizeof how));
}
inline int pidfdOpen(pid_t pid) { return static_cast<int>(syscall(kPidfdOpen, pid, 0)); }
inline int pidfdSendSignal(int pidfd, int signal) {
  return static_cast<int>(syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0));
}
inline int closeRange(unsigned first, unsigned last, unsigned flags) {
  return static_cast<int>(syscall(kCloseRange, first, last, flags));
}

// struct clone_args of linux/sched.h as of kernel 5.7 (with the cgroup field).
struct CloneArgs {
  uint64_t flags = 0, pidfd = 0, childTid = 0, parentTid = 0, exitSignal = 0, stack = 0,
           stackSize = 0, tls = 0, setTid = 0, setTidSize = 0, cgroup = 0;
};
inline pid_t clone3(const CloneArgs& args) {
  return static_cast<pid_t>(syscall(kClone3, &args, sizeof args));
}

// The name of an open descriptor as a path, for calls that take only paths.
struct FdPath {
  explicit FdPath(int fd) { snprintf(text, sizeof text, "/proc/self/fd/%d", fd); }
  operator const char*() const { return text; }
  char text[32];
};

}  // namespace slipway::kernel
