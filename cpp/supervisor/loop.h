// SPDX-License-Identifier: Apache-2.0
// One epoll loop with timers; the supervisor has no threads.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "sys/fd.h"

namespace slipway {

class Loop {
 public:
  using Callback = std::function<void()>;

  Loop();
  // Calls back while `fd` is readable or at its end. The fd stays the caller's
  // and must be removed before it is closed.
  void watch(int fd, Callback callback);
  // The same, but only at its end: what comes before is not worth a wake-up.
  void watchEnd(int fd, Callback callback);
  void unwatch(int fd);
  // Calls back once after `delayMs`.
  void after(int delayMs, Callback callback);
  // Looks for `done` at growing intervals, at once first, and calls back with
  // whether it came within `limitMs`.
  void until(std::function<bool()> done, int limitMs, std::function<void(bool)> then);
  // Runs when nothing else is due; one call a turn, until it returns false.
  void whenIdle(std::function<bool()> work);

  void run();
  void stop() { running_ = false; }

 private:
  void add(int fd, uint32_t events, Callback callback);
  int timeout() const;
  void runTimers();
  void look(std::function<bool()> done, std::function<void(bool)> then, uint64_t endNs, int waitMs);

  Fd epoll_;
  // Numbers of descriptors are used again: an event carries the serial number of
  // the watch that it belongs to, so that it never reaches a later one.
  struct Watch {
    uint32_t serial = 0;
    std::shared_ptr<Callback> callback;
  };
  std::shared_ptr<Callback> callbackOf(uint64_t event) const;
  std::map<int, Watch> watched_;
  uint32_t serial_ = 0;
  std::multimap<uint64_t, Callback> timers_;  // by CLOCK_MONOTONIC ns
  std::function<bool()> idle_;
  bool idleDue_ = false;
  bool running_ = true;
};

}  // namespace slipway
