// SPDX-License-Identifier: Apache-2.0
#include "supervisor/loop.h"

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>

#include "init/report.h"
#include "sys/error.h"

namespace slipway {
namespace {

constexpr int kLongestLookMs = 16, kOutsideMs = 10;

}  // namespace

Loop::Loop() : epoll_(check(epoll_create1(EPOLL_CLOEXEC), "start loop", "epoll_create1")) {}

void Loop::Guarded::call() const {
  if (!guard) return callback();
  try {
    callback();
  } catch (const std::exception& error) {
    guard(error);
  }
}

void Loop::watch(int fd, Callback callback, Guard guard) {
  add(fd, EPOLLIN, {std::move(callback), std::move(guard)});
}

void Loop::watchEnd(int fd, Callback callback, Guard guard) {
  add(fd, 0, {std::move(callback), std::move(guard)});
}

void Loop::add(int fd, uint32_t events, Guarded work) {
  const Watch watch{++serial_, events, std::make_shared<Guarded>(std::move(work))};
  if (!giveToKernel(fd, watch)) outside_.insert(fd);
  watched_[fd] = watch;
}

// EPOLLHUP and EPOLLERR are always told (epoll_ctl(2)). False when there is no
// room: /proc/sys/fs/epoll/max_user_watches is shared with all of this user.
bool Loop::giveToKernel(int fd, const Watch& watch) {
  epoll_event event{};
  event.events = watch.events;
  event.data.u64 = uint64_t{watch.serial} << 32 | static_cast<uint32_t>(fd);
  const int failed = epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) < 0 ? errno : 0;
  if (failed != 0 && failed != ENOSPC && failed != ENOMEM)
    throw SysError("watch", "epoll_ctl", "", failed);
  return failed == 0;
}

// No end of a process may be missed: the kernel is asked again, and until it has
// room the descriptor is looked at in each turn.
void Loop::lookAtOutside() {
  const std::set<int> fds = outside_;
  for (const int fd : fds) {
    const auto found = watched_.find(fd);
    if (outside_.count(fd) == 0 || found == watched_.end() || !running_) continue;
    if (giveToKernel(fd, found->second)) {
      outside_.erase(fd);
      continue;
    }
    const std::shared_ptr<Guarded> work = found->second.work;
    pollfd state{fd, static_cast<short>(found->second.events), 0};
    if (poll(&state, 1, 0) > 0) work->call();
  }
}

void Loop::unwatch(int fd) {
  if (watched_.erase(fd) == 0 || outside_.erase(fd) != 0) return;
  check(epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr), "unwatch", "epoll_ctl");
}

void Loop::after(int delayMs, Callback callback, Guard guard) {
  timers_.emplace(monotonicNs() + static_cast<uint64_t>(delayMs) * 1000000u,
                  Guarded{std::move(callback), std::move(guard)});
}

void Loop::until(std::function<bool()> done, int limitMs, std::function<void(bool)> then,
                 const Guard& guard) {
  look(std::move(done), std::move(then), monotonicNs() + static_cast<uint64_t>(limitMs) * 1000000u,
       1, guard);
}

void Loop::look(std::function<bool()> done, std::function<void(bool)> then, uint64_t endNs,
                int waitMs, const Guard& guard) {
  if (done()) return then(true);
  if (monotonicNs() >= endNs) return then(false);
  auto again = [this, done = std::move(done), then = std::move(then), endNs, waitMs,
                guard]() mutable {
    look(std::move(done), std::move(then), endNs, std::min(waitMs * 2, kLongestLookMs), guard);
  };
  after(waitMs, std::move(again), guard);
}

void Loop::whenIdle(std::function<bool()> work) {
  idle_ = std::move(work);
  idleDue_ = true;
}

int Loop::timeout() const {
  if (idleDue_) return 0;
  const int longest = outside_.empty() ? 60000 : kOutsideMs;
  if (timers_.empty()) return outside_.empty() ? -1 : longest;
  const uint64_t now = monotonicNs(), due = timers_.begin()->first;
  if (due <= now) return 0;
  return static_cast<int>(
      std::min<uint64_t>((due - now) / 1000000u + 1, static_cast<uint64_t>(longest)));
}

void Loop::runTimers() {
  while (!timers_.empty() && timers_.begin()->first <= monotonicNs()) {
    const Guarded work = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    work.call();
  }
}

// Null when an earlier callback of the same turn has removed the watch.
std::shared_ptr<Loop::Guarded> Loop::workOf(uint64_t event) const {
  const auto found = watched_.find(static_cast<int>(event & 0xffffffffu));
  if (found == watched_.end() || found->second.serial != event >> 32) return nullptr;
  return found->second.work;
}

void Loop::run() {
  while (running_) {
    epoll_event events[32];
    const int n = epoll_wait(epoll_.get(), events, 32, timeout());
    if (n < 0 && errno != EINTR) throw SysError("wait for events", "epoll_wait", "", errno);
    for (int i = 0; i < n && running_; i++) {
      // The copy keeps the callback alive while it removes itself.
      const std::shared_ptr<Guarded> work = workOf(events[i].data.u64);
      if (work) work->call();
    }
    lookAtOutside();
    runTimers();
    if (n == 0 && idleDue_ && running_) idleDue_ = idle_();
  }
}

}  // namespace slipway
