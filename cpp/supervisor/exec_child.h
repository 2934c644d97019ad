// SPDX-License-Identifier: Apache-2.0
// A new process of a container, born of its exec agent. It runs in the agent's
// memory until its execve, beside it (clone(2), CLONE_VM): a copy would be made
// to be thrown away. The container may stop or kill it
// anywhere, so it changes nothing there but its own stack. (The kernel keeps one
// oom score for a memory, and execs of a container have one.)
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <array>
#include <list>
#include <memory>
#include <vector>

#include "init/departure.h"
#include "sys/fd.h"

namespace slipway {

// Flags of clone(2).
inline constexpr unsigned kBearAlone = CLONE_PARENT;
inline constexpr unsigned kBearBeside = CLONE_PARENT | CLONE_VM | CLONE_CHILD_CLEARTID;

// All that one such process reads: prepared by the agent, constant for the child.
struct ExecStart {
  Departure departure;
  int report = -1, root = -1;
  int peer = -1;  // of its terminal
  std::array<int, 3> stdio{};
  size_t stdioCount = 0;
  int highest = -1;  // no descriptor of the agent's is above it
};

class Stack {
 public:
  Stack();
  ~Stack();
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  void* top() const;

 private:
  void* memory_;
};

// Born children and what they read, until they are done with it.
class ExecChildren {
 public:
  // Throws when there is none. `alone`: with a copy of the memory.
  void bear(ExecStart start, bool alone);

 private:
  struct Child {
    ExecStart start;
    Stack stack;
    pid_t running = 0;  // the kernel makes it 0 when the child has left this memory
  };
  Child& idleChild();

  std::list<Child> children_;
};

}  // namespace slipway
