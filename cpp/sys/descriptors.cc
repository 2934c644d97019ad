// SPDX-License-Identifier: Apache-2.0
#include "sys/descriptors.h"

#include <fcntl.h>

#include <algorithm>

#include "sys/error.h"
#include "sys/features.h"
#include "sys/kernel.h"
#include "sys/raw.h"

namespace slipway {
namespace {

constexpr const char* kStep = "close descriptors";

struct DirEntry {  // struct linux_dirent64 of getdents64(2)
  uint64_t inode;
  int64_t offset;
  unsigned short size;
  unsigned char type;
  char name[];
};

// -1 for "." and "..".
int numberOf(const char* name) {
  int fd = 0;
  for (; *name != '\0'; name++) {
    if (*name < '0' || *name > '9') return -1;
    fd = fd * 10 + (*name - '0');
  }
  return fd;
}

long openList(int procSelf) {
  const int at = procSelf < 0 ? AT_FDCWD : procSelf;
  const char* path = procSelf < 0 ? "/proc/self/fd" : "fd";
  return syscall(SYS_openat, at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

// Calls `visit` with each open descriptor. The kernel goes by the number of the
// last one told, so that closing on the way misses none.
template <class Visit>
int visitOpen(int procSelf, const Visit& visit) {
  const long list = openList(procSelf);
  if (list < 0) return -1;
  alignas(DirEntry) char buffer[4096];
  long got;
  while ((got = syscall(SYS_getdents64, list, buffer, sizeof buffer)) > 0) {
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const DirEntry*>(buffer + at);
      const int fd = numberOf(entry->name);
      if (fd >= 0 && fd != list) visit(fd);
      at += entry->size;
    }
  }
  const int saved = errno;
  syscall(SYS_close, list);
  errno = saved;
  return got < 0 ? -1 : 0;
}

void closeEach(const std::vector<int>& kept, int procSelf) {
  const auto close = [&](int fd) {
    if (fd > 2 && !std::binary_search(kept.begin(), kept.end(), fd)) ::close(fd);
  };
  check(visitOpen(procSelf, close), kStep, "getdents64", "/proc/self/fd");
}

}  // namespace

Fault closeRangesBut(std::span<const int> kept) {
  unsigned low = 3;
  long result = 0;
  for (const int fd : kept) {
    const unsigned next = static_cast<unsigned>(fd);
    if (next > low && result >= 0) result = raw::call(kernel::kCloseRange, low, next - 1, 0);
    low = std::max(low, next + 1);
  }
  if (result >= 0) result = raw::call(kernel::kCloseRange, low, ~0u, 0);
  return faultOf(result, kStep, "close_range");
}

void closeAllBut(std::vector<int> kept, int procSelf) {
  std::sort(kept.begin(), kept.end());
  if (!features().closeRange) return closeEach(kept, procSelf);
  raise(closeRangesBut(kept));
}

void closeAllOnExec(int procSelf, const char* step) {
  if (features().closeRangeCloexec) {
    check(kernel::closeRange(3, ~0u, kCloseRangeCloexec), step, "close_range");
  } else {
    check(closeOnExecFrom(3, procSelf), step, "getdents64", "/proc/self/fd");
  }
}

int closeOnExecFrom(int first, int procSelf) {
  return visitOpen(procSelf, [first](int fd) {
    if (fd >= first) syscall(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
  });
}

}  // namespace slipway
