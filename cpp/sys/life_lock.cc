// SPDX-License-Identifier: Apache-2.0
#include "sys/life_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include "sys/error.h"

namespace slipway {
namespace {

struct flock wholeFile(short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

bool holdLifeLock(int fd) {
  struct flock lock = wholeFile(F_RDLCK);
  return fcntl(fd, F_SETLK, &lock) == 0;
}

// Only asks, so that the descriptor need not be one for writing.
bool isLifeLockHeld(int fd) {
  struct flock lock = wholeFile(F_WRLCK);
  check(fcntl(fd, F_GETLK, &lock), "look for a lock", "fcntl");
  return lock.l_type != F_UNLCK;
}

}  // namespace slipway
