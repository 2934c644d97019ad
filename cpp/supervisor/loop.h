// SPDX-License-Identifier: Apache-2.0
// One epoll loop with timers; the supervisor has no threads.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "sys/fd.h"

namespace slipway {

class Loop {
 public:
  using Callback = std::function<void()>;
  // Takes what a callback throws; without one it ends the loop.
  using Guard = std::function<void(const std::exception&)>;

  Loop();
  // Calls back while `fd` is readable or at its end. The fd stays the caller's
  // and must be removed before it is closed.
  void watch(int fd, Callback callback, Guard guard = {});
  // The same, but only at its end: what comes before is not worth a wake-up.
  void watchEnd(int fd, Callback callback, Guard guard = {});
  void unwatch(int fd);
  // Calls back once after `delayMs`.
  void after(int delayMs, Callback callback, Guard guard = {});
  // Looks for `done` at growing intervals, at once first, and calls back with
  // whether it came within `limitMs`.
  void until(std::function<bool()> done, int limitMs, std::function<void(bool)> then,
             const Guard& guard = {});
  // Runs when nothing else is due; one call a turn, until it returns false.
  void whenIdle(std::function<bool()> work);

  void run();
  void stop() { running_ = false; }

 private:
  struct Guarded {
    Callback callback;
    Guard guard;
    void call() const;
  };
  // Numbers of descriptors are used again: an event carries the serial number of
  // the watch that it belongs to, so that it never reaches a later one.
  struct Watch {
    uint32_t serial = 0, events = 0;
    std::shared_ptr<Guarded> work;
  };
  void add(int fd, uint32_t events, Guarded work);
  bool giveToKernel(int fd, const Watch& watch);
  void lookAtOutside();
  int timeout() const;
  void runTimers();
  void look(std::function<bool()> done, std::function<void(bool)> then, uint64_t endNs, int waitMs,
            const Guard& guard);
  std::shared_ptr<Guarded> workOf(uint64_t event) const;

  Fd epoll_;
  std::map<int, Watch> watched_;
  std::set<int> outside_;  // those of `watched_` that the kernel had no room for
  uint32_t serial_ = 0;
  std::multimap<uint64_t, Guarded> timers_;  // by CLOCK_MONOTONIC ns
  std::function<bool()> idle_;
  bool idleDue_ = false;
  bool running_ = true;
};

}  // namespace slipway
