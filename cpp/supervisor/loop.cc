// SPDX-License-Identifier: Apache-2.0
#include "supervisor/loop.h"

#include <sys/epoll.h>

#include <algorithm>

#include "init/report.h"
#include "sys/error.h"

namespace slipway {
namespace {

constexpr int kLongestLookMs = 16;

}  // namespace

Loop::Loop() : epoll_(check(epoll_create1(EPOLL_CLOEXEC), "start loop", "epoll_create1")) {}

void Loop::watch(int fd, Callback callback) { add(fd, EPOLLIN, std::move(callback)); }

void Loop::watchEnd(int fd, Callback callback) { add(fd, 0, std::move(callback)); }

// EPOLLHUP and EPOLLERR are always told (epoll_ctl(2)).
void Loop::add(int fd, uint32_t events, Callback callback) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = uint64_t{++serial_} << 32 | static_cast<uint32_t>(fd);
  check(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event), "watch", "epoll_ctl");
  watched_[fd] = {serial_, std::make_shared<Callback>(std::move(callback))};
}

void Loop::unwatch(int fd) {
  if (watched_.erase(fd) == 0) return;
  check(epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr), "unwatch", "epoll_ctl");
}

void Loop::after(int delayMs, Callback callback) {
  timers_.emplace(monotonicNs() + static_cast<uint64_t>(delayMs) * 1000000u, std::move(callback));
}

void Loop::until(std::function<bool()> done, int limitMs, std::function<void(bool)> then) {
  look(std::move(done), std::move(then), monotonicNs() + static_cast<uint64_t>(limitMs) * 1000000u,
       1);
}

void Loop::look(std::function<bool()> done, std::function<void(bool)> then, uint64_t endNs,
                int waitMs) {
  if (done()) return then(true);
  if (monotonicNs() >= endNs) return then(false);
  after(waitMs, [this, done = std::move(done), then = std::move(then), endNs, waitMs]() mutable {
    look(std::move(done), std::move(then), endNs, std::min(waitMs * 2, kLongestLookMs));
  });
}

void Loop::whenIdle(std::function<bool()> work) {
  idle_ = std::move(work);
  idleDue_ = true;
}

int Loop::timeout() const {
  if (idleDue_) return 0;
  if (timers_.empty()) return -1;
  const uint64_t now = monotonicNs(), due = timers_.begin()->first;
  return due <= now ? 0 : static_cast<int>(std::min<uint64_t>((due - now) / 1000000u + 1, 60000));
}

void Loop::runTimers() {
  while (!timers_.empty() && timers_.begin()->first <= monotonicNs()) {
    Callback callback = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    callback();
  }
}

// Null when an earlier callback of the same turn has removed the watch.
std::shared_ptr<Loop::Callback> Loop::callbackOf(uint64_t event) const {
  const auto found = watched_.find(static_cast<int>(event & 0xffffffffu));
  if (found == watched_.end() || found->second.serial != event >> 32) return nullptr;
  return found->second.callback;
}

void Loop::run() {
  while (running_) {
    epoll_event events[32];
    const int n = epoll_wait(epoll_.get(), events, 32, timeout());
    if (n < 0 && errno != EINTR) throw SysError("wait for events", "epoll_wait", "", errno);
    for (int i = 0; i < n && running_; i++) {
      // The copy keeps the callback alive while it removes itself.
      const std::shared_ptr<Callback> callback = callbackOf(events[i].data.u64);
      if (callback) (*callback)();
    }
    runTimers();
    if (n == 0 && idleDue_ && running_) idleDue_ = idle_();
  }
}

}  // namespace slipway
