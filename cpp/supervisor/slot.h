// SPDX-License-Identifier: Apache-2.0
// Slots: processes made ready before anybody asks, in a cgroup and namespaces
// of their own, waiting for the plan of a container. Writing cgroup.procs costs
// milliseconds on an idle machine (an RCU grace period); here nobody waits for it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "container/cgroup.h"
#include "container/seccomp.h"
#include "init/prepared.h"
#include "supervisor/kept_root.h"
#include "supervisor/request.h"
#include "sys/fd.h"

namespace slipway {

struct Slot {
  std::string name;                      // of its cgroup
  std::string key;                       // Shape::key
  std::string image;                     // whose root is mounted in advance; empty: none
  std::string dir;                       // of the container it becomes
  std::shared_ptr<CgroupParent> parent;  // null without a cgroup
  Fd pidfd, socket;
  Fd helper;  // pidfd of who bears it, where the supervisor does not, until it has ended
  Fd birth;   // from the helper, until `pidfd` and `pid` are known
  pid_t pid = 0;
  uint64_t filtersKnown = 0;  // up to which number, of those there were
  bool idle = false;
  std::optional<KeptRoot> root;  // its own, where the next container may have it
};

struct SlotEnvironment {
  bool rootless = false;
  bool mayChangeGroups = true;
  SeccompFilters* filters = nullptr;   // those compiled and not forgotten
  std::function<void()> forgetParent;  // run in the child: lets go of what is the supervisor's
};

// What a slot is made for.
struct SlotOrder {
  const Shape& shape;
  std::string name, dir;
  std::shared_ptr<CgroupParent> parent;
  std::string image;
  const Sample* sample = nullptr;    // what to get ready; null: nothing, a plan comes at once
  const RootMounts* root = nullptr;  // with `sample`: overlays that are there already
  std::string plan;                  // that plan, where the fork itself depends on it
};

// Tells a slot of the filter of its plan, when it was forked before that was made.
void sendFilter(const Slot& slot, uint64_t number, const SeccompFilters& filters);

// Forks a slot. Throws when the fork itself fails; later failures come as
// `failed` over the slot's socket, in answer to its plan.
Slot forkSlot(const SlotOrder& order, const SlotEnvironment& environment);

}  // namespace slipway
