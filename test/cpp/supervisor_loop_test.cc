// SPDX-License-Identifier: Apache-2.0
#include "supervisor/loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cstddef>

#include "supervisor/children.h"
#include "supervisor/fork_child.h"
#include "sys/error.h"
#include "sys/kernel.h"
#include "sys/message.h"

namespace slipway {
namespace {

Fd readableEvent() { return Fd(eventfd(1, EFD_CLOEXEC)); }
Fd silentEvent() { return Fd(eventfd(0, EFD_CLOEXEC)); }

// Both are readable in one turn; whoever comes first puts another descriptor
// under the other's number.
TEST(Loop, EventOfAClosedDescriptorDoesNotReachTheNextOfItsNumber) {
  Loop loop;
  Fd fds[2] = {readableEvent(), readableEvent()};
  const int number[2] = {fds[0].get(), fds[1].get()};
  int first = 0, wrong = 0;
  for (int i = 0; i < 2; i++) {
    loop.watch(number[i], [&, i] {
      if (++first > 1) return;
      const int other = 1 - i;
      loop.unwatch(number[i]);
      loop.unwatch(number[other]);
      fds[other] = silentEvent();
      ASSERT_EQ(dup2(fds[other].get(), number[other]), number[other]);
      loop.watch(number[other], [&] { wrong++; });
      loop.after(5, [&] { loop.stop(); });
    });
  }
  loop.run();
  EXPECT_EQ(first, 1);
  EXPECT_EQ(wrong, 0);
}

TEST(Loop, CallsBackAgainWhileADescriptorIsReadable) {
  Loop loop;
  const Fd event = readableEvent();
  int calls = 0;
  loop.watch(event.get(), [&] {
    if (++calls == 3) loop.stop();
  });
  loop.run();
  EXPECT_EQ(calls, 3);
}

TEST(Loop, GoesOnWhileItWaitsForWhatDoesNotCome) {
  Loop loop;
  const Fd event = readableEvent();
  int looks = 0, served = 0;
  bool came = true;
  loop.watch(event.get(), [&] {
    if (++served == 1) loop.unwatch(event.get());
  });
  loop.until([&] { return ++looks < 0; }, 60,
             [&](bool inTime) {
               came = inTime;
               EXPECT_EQ(served, 1);
               loop.stop();
             });
  loop.run();
  EXPECT_FALSE(came);
  EXPECT_GE(looks, 4);
  EXPECT_LE(looks, 20);
}

TEST(Loop, TellsWhatCameInTime) {
  Loop loop;
  int looks = 0;
  bool came = false;
  loop.until([&] { return ++looks == 3; }, 10000,
             [&](bool inTime) {
               came = inTime;
               loop.stop();
             });
  loop.run();
  EXPECT_TRUE(came);
  EXPECT_EQ(looks, 3);
}

TEST(Loop, WhatAGuardedCallbackThrowsEndsNobodyElse) {
  Loop loop;
  const Fd event = readableEvent(), other = readableEvent();
  std::string thrown;
  int served = 0;
  const auto guard = [&](const std::exception& error) { thrown += error.what(); };
  loop.watch(
      event.get(),
      [&] {
        loop.unwatch(event.get());
        throw std::runtime_error("by a watch");
      },
      guard);
  loop.after(1, [] { throw std::runtime_error(", by a timer"); }, guard);
  loop.until([&] { return !thrown.empty(); }, 1000,
             [](bool) { throw std::runtime_error(", by a wait"); }, guard);
  loop.watch(other.get(), [&] { served++; });
  loop.after(20, [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(thrown, "by a watch, by a timer, by a wait");
  EXPECT_GT(served, 1);
}

TEST(Loop, EndsWithWhatNobodyGuards) {
  Loop loop;
  loop.after(1, [] { throw std::runtime_error("of its own"); });
  EXPECT_THROW(loop.run(), std::runtime_error);
}

// As when all watches of this user are taken.
void refuseWatches() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_ctl, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[1])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, EPOLL_CTL_ADD, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSPC),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog code{sizeof program / sizeof *program, program};
  check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "test", "prctl");
  check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &code), "test", "prctl");
}

// 0 when each was called as often as it should.
int serveWithoutRoom() {
  Loop loop;
  refuseWatches();
  const Fd readable = readableEvent(), silent = silentEvent(), gone = readableEvent();
  auto [mine, its] = messagePair();
  int calls = 0, wrong = 0, ends = 0;
  loop.watch(readable.get(), [&] { calls++; });
  loop.watch(silent.get(), [&] { wrong++; });
  loop.watch(gone.get(), [&] { wrong++; });
  loop.unwatch(gone.get());
  sendMessage(its.get(), "not an end");
  loop.watchEnd(mine.get(), [&] {
    loop.unwatch(mine.get());
    ends++;
  });
  loop.after(30, [&] {
    wrong += ends;
    its.reset();
  });
  loop.after(80, [&] { loop.stop(); });
  loop.run();
  return calls >= 2 && calls < 20 && wrong == 0 && ends == 1 ? 0 : 1;
}

TEST(Loop, ServesWhatTheKernelHasNoRoomToWatch) {
  const Child child = forkChild("test", [] {}, [](int) { _exit(serveWithoutRoom()); });
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED), 0);
  EXPECT_EQ(info.si_status, 0);
}

Child sleeper() {
  Child child = cloneChild("test");
  if (child.pid == 0) {
    for (;;) pause();
  }
  return child;
}

TEST(Children, OneThatRunsHasNoEndToCollect) {
  const Child child = sleeper();
  EXPECT_FALSE(reapChild(child.pidfd.get()));
  kernel::pidfdSendSignal(child.pidfd.get(), SIGKILL);
  Loop loop;
  int signal = 0;
  whenEnded(loop, child.pidfd.get(), [&](const ChildEnd& end) {
    signal = end.signal;
    loop.stop();
  });
  loop.run();
  EXPECT_EQ(signal, SIGKILL);
}

// A process can be traced by another of its container; its end is the tracer's
// first, while the pidfd says already that it has ended.
TEST(Children, OneWhoseEndATracerHoldsKeepsNobodyWaiting) {
  const Child child = sleeper();
  Child tracer = forkChild(
      "test", [] {},
      [&](int socket) {
        ptrace(PTRACE_SEIZE, child.pid, nullptr, nullptr);
        sendMessage(socket, "traced");
        for (;;) pause();
      });
  Message message;
  ASSERT_EQ(receiveMessage(tracer.socket.get(), message, true), Received::message);
  kernel::pidfdSendSignal(child.pidfd.get(), SIGKILL);
  pollfd ended{child.pidfd.get(), POLLIN, 0};
  ASSERT_EQ(poll(&ended, 1, 5000), 1);
  EXPECT_FALSE(reapChild(child.pidfd.get()));
  Loop loop;
  bool collected = false;
  whenEnded(loop, child.pidfd.get(), [&](const ChildEnd&) {
    collected = true;
    loop.stop();
  });
  loop.after(60, [&] {
    EXPECT_FALSE(collected);
    kernel::pidfdSendSignal(tracer.pidfd.get(), SIGKILL);
  });
  loop.run();
  EXPECT_TRUE(collected);
  collectChild(loop, std::move(tracer.pidfd));
}

TEST(Children, WhatTheirBodyThrowsIsTold) {
  const Child child =
      forkChild("test", [] {}, [](int) { throw SysError("do it", "open", "/x", ENOENT, "why"); });
  Message message;
  ASSERT_EQ(receiveMessage(child.socket.get(), message, true), Received::message);
  EXPECT_NE(message.data.find(R"("event":"failed")"), std::string::npos);
  EXPECT_NE(message.data.find(R"("path":"/x")"), std::string::npos);
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED), 0);
  EXPECT_EQ(info.si_status, 125);
}

}  // namespace
}  // namespace slipway
