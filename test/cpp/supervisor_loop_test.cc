// SPDX-License-Identifier: Apache-2.0
#include "supervisor/loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

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
