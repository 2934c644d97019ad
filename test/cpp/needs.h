// SPDX-License-Identifier: Apache-2.0
// The one place where C++ tests are skipped.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

namespace slipway::test {

inline bool mustRun() {
  const char* value = std::getenv("MUST_RUN");
  return value && std::string_view(value) == "1";
}

// ThreadSanitizer runs a thread of its own in every process, forked ones too.
#ifdef __SANITIZE_THREAD__
inline constexpr bool kOneThread = false;
#else
inline constexpr bool kOneThread = true;
#endif

}  // namespace slipway::test

// Skips a test, which with MUST_RUN=1 is a failure.
#define SLIPWAY_NEEDS(condition, what)                          \
  do {                                                          \
    if (condition) break;                                       \
    if (slipway::test::mustRun()) FAIL() << "needs " << (what); \
    GTEST_SKIP() << "needs " << (what);                         \
  } while (false)

// The same for what only another kind of machine or of build has: never a failure.
#define SLIPWAY_NEEDS_KIND(condition, what) \
  do {                                      \
    if (condition) break;                   \
    GTEST_SKIP() << "needs " << (what);     \
  } while (false)
