// SPDX-License-Identifier: Apache-2.0
// A container's first process, from a plan to execve. Runs in a process that
// the supervisor forked: single-threaded, its namespaces (but mount, cgroup and
// time) and its cgroup already its own.
#pragma once

#include <optional>
#include <vector>

#include "container/cgroup.h"
#include "container/namespaces.h"
#include "container/seccomp.h"
#include "init/plan.h"
#include "init/prepared.h"
#include "sys/fd.h"

namespace slipway {

struct InitContext {
  int socket = -1;                 // to the supervisor
  std::vector<Fd> stdio;           // stdin, stdout, stderr; empty with a terminal
  Cgroup* cgroup = nullptr;        // null: the container has none
  unsigned enteredNamespaces = 0;  // CLONE_NEW* that the fork already made new
  bool rootless = false;           // in the user namespace of an ordinary user
  bool mayChangeGroups = true;     // setgroups(2) is denied where a single id is mapped
  std::string dir;                 // the folder of a container whose plan names none
  std::string attachAt;            // where the root is attached; empty: at `dir`
  bool limitsApplied = false;      // to the cgroup, by somebody with the right to
  // With `ready`: for a container that neither a cgroup nor a pid namespace holds together.
  bool tellMountNamespace = false;
  Prepared prepared;
  const SeccompFilters* filters = nullptr;
  Neighbours neighbours;  // whose namespaces the plan joins
};

// Ends in execve or in `failed` and _exit with Docker's code: 127 command
// not found, 126 not executable, 125 anything else.
[[noreturn]] void runContainer(std::string_view planJson, InitContext context);

}  // namespace slipway
