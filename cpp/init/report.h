// SPDX-License-Identifier: Apache-2.0
// What a container's first process tells the supervisor, and when each step
// was done.
//
//   supervisor                         slot
//       | <--- idle (copies of mounts) ---|   (waiting slots only)
//       | ---- plan, stdio fds ---------> |
//       | <--- terminal (master fd) ------|   (tty only)
//       | <--- ready { timings } ---------|   (mount namespace fd: see InitContext)
//       | <--- end of stream -------------|   execve closed the socket: running
//       | <--- failed { step ... } -------|   instead, at any point
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "init/prepared.h"
#include "spec/json.h"
#include "sys/fault.h"

namespace slipway {

uint64_t monotonicNs();

// Names the step under way, for timings and for fault injection: a step whose
// name is `failPoint` fails with EIO.
class StepClock {
 public:
  explicit StepClock(std::string failPoint)
      : failPoint_(std::move(failPoint)), last_(monotonicNs()) {}
  void begin(const char* step);
  void end();
  // One that somebody else has timed.
  void add(const char* step, uint64_t ns) { steps_.emplace_back(step, ns); }
  const std::vector<std::pair<const char*, uint64_t>>& steps() const { return steps_; }

 private:
  std::string failPoint_;
  const char* current_ = nullptr;
  uint64_t last_;
  std::vector<std::pair<const char*, uint64_t>> steps_;  // nanoseconds
};

// Asks for SIGKILL when the supervisor dies, and ends at once when it already
// has: its end of `socket` is then closed. To be repeated after each change of
// user, which takes the wish back (prctl(2)).
void dieWithSupervisor(int socket);
// The same by system calls only.
Fault watchSupervisor(int socket);

// `mounts` are what the supervisor may keep of the slot's root.
void reportIdle(int socket, const RootMounts& mounts);
void reportTerminal(int socket, int master);
// `mountNamespace`: a descriptor of it, or -1.
void reportReady(int socket, const StepClock& clock, int mountNamespace);
void reportFailed(int socket, const SysError& error);

// The failure as JSON members, for any message that carries one.
std::string errorJson(const SysError& error);

// The failure in such a text.
SysError readError(std::string_view json);
SysError readError(const json::Value& error);

// Any exception as a SysError; `step` names what was done.
SysError asSysError(const std::exception& error, const char* step);

}  // namespace slipway
