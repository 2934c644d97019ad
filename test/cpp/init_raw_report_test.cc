// SPDX-License-Identifier: Apache-2.0
// What a process tells that may allocate nothing, from one end to the other.
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "init/raw_report.h"
#include "spec/json.h"
#include "sys/message.h"

namespace slipway {
namespace {

class RawReport : public ::testing::Test {
 protected:
  RawReport() {
    auto [mine, its] = messagePair();
    askSender(mine.get());
    mine_ = std::move(mine);
    its_ = std::move(its);
  }

  std::string heard() {
    EXPECT_EQ(receiveMessage(mine_.get(), message_, true), Received::message);
    EXPECT_TRUE(isRawReport(message_.data));
    return rawReportJson(message_.data);
  }

  Fd mine_, its_;
  Message message_;
};

TEST_F(RawReport, TellsWhoIsReadyAndHowLongItTook) {
  DepartureTimes times{};
  times[2] = 22'900;
  tellReady(its_.get(), times);
  EXPECT_EQ(heard(), R"({"event":"ready","timings":{"limit process":0,)"
                     R"("enter working folder":0,"drop rights":22,"find program":0}})");
  EXPECT_EQ(message_.sender, getpid());
}

TEST_F(RawReport, TellsAFailureWithItsTexts) {
  tellFault(its_.get(), {"exec", "execve", "/a \"b\"\n", 13, "a hint"});
  EXPECT_EQ(heard(), R"({"event":"failed","error":{"step":"exec","syscall":"execve",)"
                     R"("path":"/a \"b\"\n","errno":13,"hint":"a hint"}})");
}

TEST_F(RawReport, CutsAPathThatIsTooLong) {
  const std::string path(300'000, 'x');
  tellFault(its_.get(), {"exec", "execve", path.c_str(), 36, "hint"});
  const std::string text = heard();
  EXPECT_NE(text.find(std::string(4096, 'x') + "\""), std::string::npos);
  EXPECT_NE(text.find(R"("hint":"hint")"), std::string::npos);
}

TEST_F(RawReport, CutsNoCharacterInTwo) {
  for (const char* character : {"\u00e4", "\u20ac", "\U0001f600"}) {
    std::string path;
    while (path.size() < 5000) path += character;
    for (int shift = 0; shift < 4; shift++, path.insert(0, "x")) {
      tellFault(its_.get(), {"exec", "execve", path.c_str(), 36});
      EXPECT_NO_THROW(json::parse(heard())) << character << shift;
    }
  }
}

TEST_F(RawReport, IsToldFromOtherMessages) {
  EXPECT_FALSE(isRawReport(R"({"event":"ready"})"));
  EXPECT_FALSE(isRawReport("raw\nshort"));
  EXPECT_FALSE(isRawReport(""));
}

TEST_F(RawReport, IsLostWhereNobodyListens) {
  mine_.reset();
  EXPECT_EQ(tellReady(its_.get(), {}).err, EPIPE);
  tellFault(its_.get(), {"exec", "execve", "/x", 2});
}

}  // namespace
}  // namespace slipway
