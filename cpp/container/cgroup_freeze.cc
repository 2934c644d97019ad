// SPDX-License-Identifier: Apache-2.0
// Standing still and going on: cgroup.freeze of v2, else the v1 freezer.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "container/cgroup.h"
#include "sys/error.h"

namespace slipway {
namespace {

constexpr const char* kFreeze = "freeze cgroup";
constexpr const char* kThaw = "thaw cgroup";

using Clock = std::chrono::steady_clock;

int leftMs(Clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
  return static_cast<int>(std::max<int64_t>(left.count(), 0));
}

// The kernel announces the change on cgroup.events, as POLLPRI on a descriptor
// whose text was read before.
bool waitFrozenV2(const CgroupDir& dir, Clock::time_point end) {
  const Fd events = dir.open(kFreeze, "cgroup.events", O_RDONLY);
  for (;;) {
    char text[256];
    const ssize_t size = check(::pread(events.get(), text, sizeof text, 0), kFreeze, "pread",
                               dir.path("cgroup.events"));
    if (cgroupField({text, static_cast<size_t>(size)}, "frozen").value_or(0) == 1) return true;
    if (leftMs(end) == 0) return false;
    pollfd wait{events.get(), POLLPRI, 0};
    if (::poll(&wait, 1, leftMs(end)) < 0 && errno != EINTR) {
      const int saved = errno;
      throw SysError(kFreeze, "poll", dir.path("cgroup.events"), saved);
    }
  }
}

// FREEZING stays until somebody writes or reads the state again; a process in
// fork may need a second push, which the write gives.
bool waitFrozenV1(const CgroupDir& dir, Clock::time_point end) {
  for (int waitUs = 20;; waitUs = std::min(waitUs * 2, 5000)) {
    dir.write(kFreeze, "freezer.state", "FROZEN");
    if (dir.read(kFreeze, "freezer.state").starts_with("FROZEN")) return true;
    if (leftMs(end) == 0) return false;
    ::usleep(static_cast<useconds_t>(waitUs));
  }
}

}  // namespace

std::optional<CgroupDir> Cgroup::freezer() const {
  const auto unified = v2();
  return unified ? unified : find("freezer");
}

void Cgroup::beginFreeze() {
  if (!freezer()) ensureController("freezer");
  const CgroupDir dir = *freezer();
  dir.write(kFreeze, dir.v2() ? "cgroup.freeze" : "freezer.state", dir.v2() ? "1" : "FROZEN");
}

bool Cgroup::isFrozenWithin(int timeoutMs) {
  const CgroupDir dir = *freezer();
  const auto end = Clock::now() + std::chrono::milliseconds(timeoutMs);
  return dir.v2() ? waitFrozenV2(dir, end) : waitFrozenV1(dir, end);
}

SysError Cgroup::giveUpFreeze() {
  const std::string path = freezer()->path();
  thaw();
  return SysError(kFreeze, "poll", path, ETIMEDOUT,
                  "a process is in an uninterruptible wait; nothing is frozen now");
}

void Cgroup::freeze(int timeoutMs) {
  beginFreeze();
  if (!isFrozenWithin(timeoutMs)) throw giveUpFreeze();
}

void Cgroup::thaw() {
  const auto dir = freezer();
  if (!dir) return;
  dir->write(kThaw, dir->v2() ? "cgroup.freeze" : "freezer.state", dir->v2() ? "0" : "THAWED");
}

bool Cgroup::isFrozen() const {
  const auto dir = freezer();
  if (!dir) return false;
  if (!dir->v2()) return !dir->read(kFreeze, "freezer.state").starts_with("THAWED");
  // What was asked for: cgroup.events says 0 again as soon as a frozen process
  // is killed.
  return dir->read(kFreeze, "cgroup.freeze").starts_with('1');
}

}  // namespace slipway
