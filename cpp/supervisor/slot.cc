// SPDX-License-Identifier: Apache-2.0
#include "supervisor/slot.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "container/system.h"
#include "init/filters.h"
#include "init/launch.h"
#include "init/report.h"
#include "init/steps.h"
#include "supervisor/birth.h"
#include "supervisor/userns_slot.h"
#include "sys/descriptors.h"
#include "sys/error.h"
#include "sys/failpoint.h"
#include "sys/message.h"

namespace slipway {
namespace {

constexpr unsigned kAtPrepare = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

struct SlotTask {
  const SlotOrder& order;
  const SlotEnvironment& environment;
  int socket;
};

[[noreturn]] void fail(int socket, const std::exception& cause) {
  reportFailed(socket, asSysError(cause, "prepare slot"));
  _exit(125);
}

// In the child, before any plan is known. A failure waits for the plan, so that
// it reaches the caller who wanted the container.
unsigned enterEarly(const Shape& shape) {
  const unsigned now = shape.key().empty() ? 0 : shape.newFlags() & kAtPrepare;
  if (now != 0) check(unshare(static_cast<int>(now)), "enter namespaces", "unshare");
  if ((now & CLONE_NEWNET) != 0) raiseLoopback();
  failPoint("enter namespaces early");
  return now;
}

void serveSlot(const SlotTask& task) {
  const SlotOrder& order = task.order;
  Cgroup cgroup;
  if (order.parent) {
    cgroup = Cgroup::create(order.parent, order.name);
    cgroup.joinSelf();
  }
  InitContext context;
  context.enteredNamespaces = (order.shape.newFlags() & CLONE_NEWPID) | enterEarly(order.shape);
  RootMounts copies;
  if (order.sample != nullptr) {
    context.prepared = order.root != nullptr
                           ? Prepared(*order.sample, *order.root)
                           : Prepared(*order.sample, order.dir, task.environment.rootless);
    if (order.root == nullptr) copies = context.prepared.copyMounts();
  }
  reportIdle(task.socket, copies);
  copies = {};
  Message plan;
  do {
    if (receiveMessage(task.socket, plan, true) != Received::message) _exit(0);
  } while (takeFilter(plan.data, *task.environment.filters));
  context.filters = task.environment.filters;
  context.socket = task.socket;
  context.stdio = std::move(plan.fds);
  context.cgroup = order.parent ? &cgroup : nullptr;
  context.dir = order.dir;
  context.neighbours = order.shape.neighbours;
  context.tellMountNamespace = !order.parent && (order.shape.newFlags() & CLONE_NEWPID) == 0;
  context.rootless = task.environment.rootless;
  context.mayChangeGroups = task.environment.mayChangeGroups;
  runContainer(plan.data, std::move(context));
}

// Everything else is the supervisor's. Its objects still name what is closed
// here, and none of them is used or destroyed in this process.
void keepOnly(const SlotTask& task, int birth = -1) {
  std::vector<int> kept;
  if (task.order.parent) kept = task.order.parent->descriptors();
  if (birth >= 0) kept.push_back(birth);
  kept.push_back(task.socket);
  for (const auto& [path, pidfd] : task.order.shape.neighbours) kept.push_back(pidfd);
  if (task.order.root != nullptr) {
    for (const Fd& overlay : task.order.root->overlays) kept.push_back(overlay.get());
  }
  closeAllBut(std::move(kept));
}

[[noreturn]] void childMain(const SlotTask& task) {
  try {
    keepOnly(task);
    dieWithSupervisor(task.socket);
    serveSlot(task);
  } catch (const std::exception& error) {
    fail(task.socket, error);
  }
  _exit(125);
}

// Who is in a pid namespace already may see a slot there from its birth on, and
// with the right to trace others into it. So it is born, as a child of the
// supervisor, by a helper that has let go of all that others told the supervisor.
void joinAndBear(const SlotTask& task, int birth) {
  keepOnly(task, birth);
  joinNamespace(*task.order.shape.joined("pid"), task.order.shape.neighbours);
  const Child child = cloneChild("fork slot", CLONE_PARENT);
  if (child.pid == 0) childMain(task);
  reportBirth(birth, child);
}

}  // namespace

void sendFilter(const Slot& slot, uint64_t number, const SeccompFilters& filters) {
  // A slot that has ended is heard of by its plan.
  if (number > slot.filtersKnown)
    sendMessage(slot.socket.get(), filterMessage(number, filters.at(number)));
}

Slot forkSlot(const SlotOrder& order, const SlotEnvironment& environment) {
  if ((order.shape.newFlags() & CLONE_NEWUSER) != 0 || order.shape.joined("user") != nullptr)
    return forkUsernsSlot(order, environment);
  Slot slot;
  slot.name = order.name;
  slot.dir = order.dir;
  slot.image = order.sample == nullptr ? "" : order.image;
  slot.key = order.shape.key();
  slot.filtersKnown = lastFilter(*environment.filters);
  slot.parent = order.parent;
  auto [mine, its] = messagePair();
  const SlotTask task{order, environment, its.get()};
  slot.socket = std::move(mine);
  failPoint("fork slot");
  if (order.shape.joined("pid") != nullptr) {
    Child helper = forkChild("fork slot", environment.forgetParent,
                             [&](int birth) { joinAndBear(task, birth); });
    slot.helper = std::move(helper.pidfd);
    slot.birth = std::move(helper.socket);
    return slot;
  }
  Child child = cloneChild("fork slot", order.shape.newFlags() & CLONE_NEWPID);
  if (child.pid == 0) childMain(task);
  slot.pid = child.pid;
  slot.pidfd = std::move(child.pidfd);
  return slot;
}

}  // namespace slipway
