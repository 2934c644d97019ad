// SPDX-License-Identifier: Apache-2.0
// The end of a child process, by pidfd: nobody else's children are touched.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "spec/json_writer.h"
#include "supervisor/loop.h"
#include "sys/fd.h"

namespace slipway {

struct ChildEnd {
  int exitCode = 0;  // 128 + signal when a signal ended it
  int signal = 0;
  rusage usage{};  // of the process and of those it waited for
  uint64_t endedNs = 0;
};

// Collects the end and never waits for it. Nothing while there is none to
// collect: the process runs, or has ended and is held by a tracer, which may be
// a process of a container; the pidfd is readable all the same.
std::optional<ChildEnd> reapChild(int pidfd);

// Calls back with the end as soon as it can be collected. The pidfd must stay
// open until then.
void whenEnded(Loop& loop, int pidfd, std::function<void(const ChildEnd&)> then,
               const Loop::Guard& guard = {});

// The same for a child that nobody asks for any more.
void collectChild(Loop& loop, Fd pidfd, std::function<void()> then = {});

// The child that a message tells of, where no descriptor was free for the pidfd
// beside it. Its id is its own until it is collected.
pid_t bornPid(std::string_view message);

// Kills such a child, and calls back once it is collected.
void endBorn(Loop& loop, pid_t pid, std::function<void()> then, const Loop::Guard& guard = {});

// Members "exitCode", "signal", "durationUs", "user..", "maxRss" of a report.
void writeEnd(json::Writer& writer, const ChildEnd& end, uint64_t startedNs);

}  // namespace slipway
