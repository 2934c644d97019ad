// SPDX-License-Identifier: Apache-2.0
#include "sys/failpoint.h"

#include <utility>

#include "sys/error.h"

namespace slipway {
namespace {

std::string asked;

}  // namespace

std::string askFailPoint(std::string name) { return std::exchange(asked, std::move(name)); }

void failPoint(const char* name) {
  if (asked.empty() || asked != name) return;
  asked.clear();
  throw SysError(name, "failpoint", "", EIO, "injected failure");
}

}  // namespace slipway
