// SPDX-License-Identifier: Apache-2.0
// The end of a child process, by pidfd: nobody else's children are touched.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <string_view>

#include "spec/json_writer.h"

namespace slipway {

struct ChildEnd {
  int exitCode = 0;  // 128 + signal when a signal ended it
  int signal = 0;
  rusage usage{};  // of the process and of those it waited for
  uint64_t endedNs = 0;
};

// Waits for the end (it is there when the pidfd is readable) and reaps.
ChildEnd reapChild(int pidfd);

// Kills and reaps the child that a message with its "pid" tells of, where no
// descriptor was free for the pidfd beside it. Its id is its own until then.
void endBorn(std::string_view message);

// Members "exitCode", "signal", "durationUs", "user..", "maxRss" of a report.
void writeEnd(json::Writer& writer, const ChildEnd& end, uint64_t startedNs);

}  // namespace slipway
