// SPDX-License-Identifier: Apache-2.0
// Fault injection for tests: places in the code that can be asked to fail, by
// name. What asks is the program's own message to its supervisor, never a
// container. Processes without threads only; forks take the wish along.
#pragma once

#include <string>

namespace slipway {

// The place that is to fail, once in each process that comes by; empty: none.
// Returns the one before.
std::string askFailPoint(std::string name);

// Throws SysError(name, "failpoint", "", EIO) where that was asked for.
void failPoint(const char* name);

// Asks as long as it lives.
class FailPointScope {
 public:
  explicit FailPointScope(std::string name) : before_(askFailPoint(std::move(name))) {}
  ~FailPointScope() { askFailPoint(std::move(before_)); }
  FailPointScope(const FailPointScope&) = delete;
  FailPointScope& operator=(const FailPointScope&) = delete;

 private:
  std::string before_;
};

}  // namespace slipway
