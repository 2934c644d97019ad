// SPDX-License-Identifier: Apache-2.0
// Damaged configurations: each is read or refused with a JsonError, and under
// the sanitizers nothing else happens. The seed is fixed, so a failure repeats.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "spec/reader.h"
#include "spec_fixtures.h"

using slipway::json::JsonError;
using slipway::test::filesOf;
using slipway::test::readText;
using slipway::test::specFixtures;

namespace {

class Mutator {
 public:
  std::string mutate(std::string text) {
    for (size_t rounds = 1 + pick(3); rounds > 0; rounds--) damage(text);
    return text;
  }

 private:
  size_t pick(size_t count) { return random_() % count; }

  void damage(std::string& text) {
    if (text.empty()) return;
    const size_t at = pick(text.size());
    const size_t length = std::min(pick(40), text.size() - at);
    switch (pick(6)) {
      case 0:
        text[at] = static_cast<char>(pick(256));
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(pick(text.size()), length));
        break;
      case 3:
        text.insert(at, kTokens[pick(std::size(kTokens))]);
        break;
      case 4:
        replaceNumber(text, at);
        break;
      default:
        text.resize(at);
    }
  }

  // Keeps most documents well-formed, so that the reader is reached as well.
  void replaceNumber(std::string& text, size_t from) {
    constexpr const char* kDigits = "0123456789";
    const size_t at = text.find_first_of(kDigits, from);
    if (at == std::string::npos) return;
    const size_t end = std::min(text.find_first_not_of(kDigits, at), text.size());
    text.replace(at, end - at, kNumbers[pick(std::size(kNumbers))]);
  }

  static constexpr const char* kTokens[] = {"{", "}", "[[[[", "\"",      "\\",   "\\u0000", "null",
                                            ",", ":", "-1",   "\"\":{}", "\xff", "1e999",   "[]"};
  static constexpr const char* kNumbers[] = {"-1",
                                             "9223372036854775808",
                                             "0.5",
                                             "null",
                                             "\"7\"",
                                             "99999999999999999999999",
                                             "-9223372036854775809"};

  std::mt19937 random_{20250101};
};

}  // namespace

TEST(SpecMutation, DamagedDocumentsAreReadOrRefused) {
  std::vector<std::string> documents;
  for (const auto& file : filesOf(specFixtures() / "good")) documents.push_back(readText(file));
  ASSERT_FALSE(documents.empty());
  Mutator mutator;
  int read = 0, refused = 0, refusedByField = 0;
  for (int i = 0; i < 2000; i++) {
    const std::string text = mutator.mutate(documents[i % documents.size()]);
    try {
      slipway::spec::readSpec(text);
      read++;
    } catch (const JsonError& error) {
      refused++;
      refusedByField += !error.field.empty();
      EXPECT_FALSE(error.message.empty());
    }
  }
  EXPECT_EQ(read + refused, 2000);
  // Damage that never reached the reader, or always broke the text, proves little.
  EXPECT_GT(read, 50);
  EXPECT_GT(refusedByField, 100);
}
