// SPDX-License-Identifier: Apache-2.0
#include "sys/message.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <thread>

#include "sys/error.h"

namespace slipway {
namespace {

TEST(Message, ArrivesWholeWithItsDescriptors) {
  auto [a, b] = messagePair();
  const Fd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int fds[] = {null.get(), null.get()};
  ASSERT_TRUE(sendMessage(a.get(), "first", fds));
  ASSERT_TRUE(sendMessage(a.get(), "second"));
  Message message;
  ASSERT_EQ(receiveMessage(b.get(), message, true), Received::message);
  EXPECT_EQ(message.data, "first");
  ASSERT_EQ(message.fds.size(), 2u);
  EXPECT_NE(fcntl(message.fds[0].get(), F_GETFD) & FD_CLOEXEC, 0);
  ASSERT_EQ(receiveMessage(b.get(), message, true), Received::message);
  EXPECT_EQ(message.data, "second");
  EXPECT_TRUE(message.fds.empty());
}

TEST(Message, LargerThanASocketBufferArrivesWhole) {
  auto [a, b] = messagePair();
  std::string large(3 << 20, 'x');
  large.back() = 'y';
  const Fd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int fd = null.get();
  ASSERT_TRUE(sendMessage(a.get(), large, std::span(&fd, 1)));
  Message message;
  ASSERT_EQ(receiveMessage(b.get(), message, true), Received::message);
  EXPECT_EQ(message.data, large);
  EXPECT_EQ(message.fds.size(), 1u);
}

TEST(Message, AFullSocketIsToldAndASenderThatWaitsGetsThrough) {
  auto [a, b] = messagePair();
  const std::string text(64 << 10, 'x');
  int sent = 0;
  while (trySendMessage(a.get(), text, {}) == Sent::sent) sent++;
  ASSERT_GT(sent, 0);
  std::thread reader([socket = b.get(), count = sent + 1] {
    Message message;
    for (int i = 0; i < count; i++)
      ASSERT_EQ(receiveMessage(socket, message, true), Received::message);
  });
  EXPECT_TRUE(sendMessage(a.get(), text));
  reader.join();
}

TEST(Message, WhatAPeerSaidIsHeardThoughItEndedWithoutReading) {
  auto [a, b] = messagePair();
  ASSERT_TRUE(sendMessage(b.get(), "never read"));
  ASSERT_TRUE(sendMessage(a.get(), "last words"));
  a.reset();
  Message message;
  ASSERT_EQ(receiveMessage(b.get(), message, true), Received::message);
  EXPECT_EQ(message.data, "last words");
  EXPECT_EQ(receiveMessage(b.get(), message, true), Received::closed);
}

// As many as the kernel finds numbers for come; the text comes in any case.
TEST(Message, DescriptorsThatDoNotFitLeaveTheFirstLine) {
  // The sanitizer needs a pipe when it first meets a type, and none is free below.
  ASSERT_EQ(SysError("step", "call", "path", EIO).err, EIO);
  for (const size_t size : {size_t{10}, size_t{1} << 20}) {
    auto [a, b] = messagePair();
    const int fd = a.get();
    ASSERT_TRUE(sendMessage(a.get(), "head\n" + std::string(size, 'x'), std::span(&fd, 1)));
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit none = before;
    none.rlim_cur = 0;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    Message message;
    int failed = 0;
    try {
      receiveMessage(b.get(), message, true);
    } catch (const SysError& error) {
      failed = error.err;
    }
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_EQ(failed, EMFILE);
    EXPECT_EQ(message.data.substr(0, 4), "head");
  }
}

TEST(Message, TheEndOfThePeerIsNoError) {
  auto [a, b] = messagePair();
  Message message;
  EXPECT_EQ(receiveMessage(b.get(), message, false), Received::nothing);
  a.reset();
  EXPECT_EQ(receiveMessage(b.get(), message, true), Received::closed);
  EXPECT_FALSE(sendMessage(b.get(), "to nobody"));
}

TEST(Message, WhatWasSaidBeforeAnEndIsHeardThoughTheAnswerWasNotRead) {
  auto [a, b] = messagePair();
  ASSERT_TRUE(sendMessage(a.get(), "last words"));
  ASSERT_TRUE(sendMessage(b.get(), "never read"));
  a.reset();
  Message message;
  ASSERT_EQ(receiveMessage(b.get(), message, true), Received::message);
  EXPECT_EQ(message.data, "last words");
  EXPECT_EQ(receiveMessage(b.get(), message, true), Received::closed);
}

}  // namespace
}  // namespace slipway
