// SPDX-License-Identifier: Apache-2.0
#include "supervisor/slot.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "container/system.h"
#include "init/launch.h"
#include "init/report.h"
#include "init/steps.h"
#include "supervisor/userns_slot.h"
#include "sys/error.h"
#include "sys/kernel.h"
#include "sys/message.h"

namespace slipway {
namespace {

constexpr unsigned kAtPrepare = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

// The pid namespace that children of this process enter, for one fork.
class PidNamespace {
 public:
  explicit PidNamespace(const std::string& path) {
    if (path.empty()) return;
    own_.reset(check(open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC), "join namespace", "open",
                     "/proc/self/ns/pid"));
    const Fd wanted(
        check(open(path.c_str(), O_RDONLY | O_CLOEXEC), "join namespace", "open", path));
    check(setns(wanted.get(), CLONE_NEWPID), "join namespace", "setns", path);
  }
  ~PidNamespace() {
    if (own_ && setns(own_.get(), CLONE_NEWPID) < 0)
      abort();  // later containers would be born elsewhere
  }

 private:
  Fd own_;
};

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
  if (order.sample != nullptr)
    context.prepared = Prepared(*order.sample, order.dir, task.environment.rootless);
  reportIdle(task.socket);
  Message plan;
  if (receiveMessage(task.socket, plan, true) != Received::message) _exit(0);
  context.socket = task.socket;
  context.stdio = std::move(plan.fds);
  context.cgroup = order.parent ? &cgroup : nullptr;
  context.dir = order.dir;
  context.tellMountNamespace = !order.parent && (order.shape.newFlags() & CLONE_NEWPID) == 0;
  context.rootless = task.environment.rootless;
  context.mayChangeGroups = task.environment.mayChangeGroups;
  runContainer(plan.data, std::move(context));
}

[[noreturn]] void childMain(const SlotTask& task) {
  try {
    task.environment.forgetParent();
    dieWithSupervisor(task.socket);
    serveSlot(task);
  } catch (const std::exception& error) {
    fail(task.socket, error);
  }
  _exit(125);
}

}  // namespace

Slot forkSlot(const SlotOrder& order, const SlotEnvironment& environment) {
  if ((order.shape.newFlags() & CLONE_NEWUSER) != 0) return forkUsernsSlot(order, environment);
  Slot slot;
  slot.name = order.name;
  slot.dir = order.dir;
  slot.image = order.sample == nullptr ? "" : order.image;
  slot.key = order.shape.key();
  slot.parent = order.parent;
  auto [mine, its] = messagePair();
  int pidfd = -1;
  kernel::CloneArgs args;
  args.flags = CLONE_PIDFD | (order.shape.newFlags() & CLONE_NEWPID);
  args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  args.exitSignal = SIGCHLD;
  const PidNamespace joined(order.shape.pidPath());
  slot.pid = check(kernel::clone3(args), "fork slot", "clone3");
  if (slot.pid == 0) {
    mine.reset();
    childMain({order, environment, its.release()});
  }
  slot.pidfd.reset(pidfd);
  slot.socket = std::move(mine);
  return slot;
}

}  // namespace slipway
