// SPDX-License-Identifier: Apache-2.0
// What Node asks of the supervisor: a header the supervisor reads, a newline,
// and a body it only passes on (the plan of a container or of an exec).
//
//   Node                                supervisor
//    | ---- hello { engine } ------------> |
//    | <--- hello { machine } ------------ |
//    | ---- start { id, shape } + plan --> |   fds: stdin stdout stderr
//    | <--- started | failed ------------- |   fds: terminal master, with a tty
//    | <--- exited { code, usage } ------- |
//    | <--- warning { about, error } ----- |   at any time
//    | ---- exec, kill, freeze, thaw,      |
//    |      remove, stats, work,           |
//    |      seccomp, forget-seccomp -----> |   each answered by done | failed
//
// The end of the stream means that Node is gone: everything of its engine ends.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "container/namespaces.h"
#include "spec/json.h"
#include "spec/spec.h"

namespace slipway {

// What a slot must be before it can take a plan.
struct Shape {
  std::vector<spec::Namespace> namespaces;
  std::vector<spec::IdMapping> uidMappings, gidMappings;
  bool cgroup = true;
  std::string cgroupParent;  // empty: the engine's own
  Neighbours neighbours;     // filled in by the supervisor

  unsigned newFlags() const;
  // Null: a new namespace of this type, or that of the supervisor.
  const spec::Namespace* joined(std::string_view type) const;
  // Slots of one key are interchangeable; empty: never prepared in advance.
  std::string key() const;
};

Shape readShape(const json::Value& value);

struct Request {
  std::string op;
  uint64_t number = 0;
  std::string failPoint;          // fault injection (tests)
  std::string_view header, body;  // into the message
};

// Splits a message and reads what all requests have.
Request splitRequest(std::string_view data);

}  // namespace slipway
