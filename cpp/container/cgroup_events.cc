// SPDX-License-Identifier: Apache-2.0
// Descriptors for the supervisor's poll loop.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

#include "container/cgroup.h"
#include "sys/error.h"

namespace slipway {
namespace {

constexpr const char* kStep = "watch cgroup";

// v1: the eventfd counts up at each out-of-memory; the kernel keeps its own
// reference to it and drops that when the cgroup goes.
Fd watchOomV1(const CgroupDir& dir) {
  Fd event(check(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), kStep, "eventfd"));
  const Fd control = dir.open(kStep, "memory.oom_control", O_RDONLY);
  dir.write(kStep, "cgroup.event_control",
            std::to_string(event.get()) + " " + std::to_string(control.get()));
  return event;
}

// v2: the kernel reports changes of memory.events as modifications.
Fd watchOomV2(const CgroupDir& dir) {
  Fd events(check(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK), kStep, "inotify_init1"));
  const std::string path = dir.path("memory.events");
  check(::inotify_add_watch(events.get(), path.c_str(), IN_MODIFY), kStep, "inotify_add_watch",
        path);
  return events;
}

}  // namespace

Fd Cgroup::watchOom() const {
  const auto dir = find("memory");
  if (!dir) return {};
  return dir->v2() ? watchOomV2(*dir) : watchOomV1(*dir);
}

Fd Cgroup::watchEvents() const {
  const auto dir = v2();
  return dir ? dir->open(kStep, "cgroup.events", O_RDONLY) : Fd();
}

}  // namespace slipway
