// SPDX-License-Identifier: Apache-2.0
#include "runtime/print_filter.h"

#include <cstdio>
#include <exception>
#include <string>

#include "init/filters.h"

namespace slipway {
namespace {

constexpr size_t kMostBytes = 1 << 20;

std::string readInput() {
  std::string text(kMostBytes, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), stdin));
  return text;
}

}  // namespace

int printFilter() {
  try {
    const SeccompFilter filter = makeFilter(readInput());
    const size_t count = filter.program.size();
    return std::fwrite(filter.program.data(), sizeof(sock_filter), count, stdout) == count ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "slipway-runtime seccomp: %s\n", error.what());
    return 1;
  }
}

}  // namespace slipway
