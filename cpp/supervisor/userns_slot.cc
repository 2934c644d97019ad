// SPDX-License-Identifier: Apache-2.0
#include "supervisor/userns_slot.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "container/rootfs.h"
#include "container/userns.h"
#include "init/filters.h"
#include "init/report.h"
#include "init/steps.h"
#include "supervisor/birth.h"
#include "supervisor/fork_child.h"
#include "sys/error.h"
#include "sys/failpoint.h"
#include "sys/message.h"

namespace slipway {
namespace {

constexpr const char* kStep = "make user namespace";

struct UsernsTask {
  const SlotOrder& order;
  const SlotEnvironment& environment;
  Cgroup* cgroup;
  int slot, birth;  // the container's end, and the helper's, towards the supervisor
};

// What the helper sends is either mounts or its failure.
Rootfs receiveRootfs(int helper, const std::vector<OverlayPlan>& overlays) {
  Message message;
  if (receiveMessage(helper, message, true) != Received::message)
    throw SysError(kStep, "recvmsg", "", ECHILD, "the helper ended");
  if (message.fds.empty()) throw readError(message.data);
  Rootfs rootfs;
  rootfs.root = std::move(message.fds[0]);
  for (size_t i = 1; i < message.fds.size(); i++)
    rootfs.overlays.emplace_back(overlays.at(i).target, std::move(message.fds[i]));
  return rootfs;
}

// Only now does the namespace have ids to become.
void becomeRoot(int socket) {
  failPoint("become root of namespace");
  check(setgroups(0, nullptr), kStep, "setgroups");
  check(setresgid(0, 0, 0), kStep, "setresgid");
  check(setresuid(0, 0, 0), kStep, "setresuid");
  dieWithSupervisor(socket);
}

[[noreturn]] void containerMain(const UsernsTask& task, int helper) {
  try {
    close(task.birth);
    const Plan plan = readPlan(task.order.plan);
    InitContext context;
    context.prepared =
        Prepared(receiveRootfs(helper, plan.rootfs.overlays), plan.rootfs.overlays, task.order.dir);
    close(helper);
    becomeRoot(task.slot);
    Message message;
    if (receiveMessage(task.slot, message, true) != Received::message) _exit(0);
    context.socket = task.slot;
    context.stdio = std::move(message.fds);
    context.enteredNamespaces = CLONE_NEWUSER | (task.order.shape.newFlags() & CLONE_NEWPID);
    context.dir = task.order.dir;
    context.neighbours = task.order.shape.neighbours;
    context.attachAt = "/tmp";  // the container's folder is closed to this user
    context.cgroup = task.cgroup;
    context.tellMountNamespace =
        task.cgroup == nullptr && (task.order.shape.newFlags() & CLONE_NEWPID) == 0;
    context.limitsApplied = true;
    // As there, device nodes are bound.
    context.rootless = task.order.shape.joined("user") != nullptr;
    context.filters = task.environment.filters;
    runContainer(message.data, std::move(context));
  } catch (const std::exception& error) {
    reportFailed(task.slot, asSysError(error, kStep));
    _exit(125);
  }
}

void joinPidNamespace(const Shape& shape) {
  const spec::Namespace* wanted = shape.joined("pid");
  if (wanted != nullptr) joinNamespace(*wanted, shape.neighbours);
}

Child cloneContainer(const UsernsTask& task, int helper, int theirs) {
  failPoint("make user namespace");
  Child child = cloneChild(
      kStep, CLONE_PARENT | (task.order.shape.newFlags() & (CLONE_NEWUSER | CLONE_NEWPID)));
  if (child.pid == 0) {
    close(theirs);
    containerMain(task, helper);
  }
  return child;
}

Rootfs rootfsFor(const UsernsTask& task, const Plan& plan, const RootfsOwner& owner) {
  check(unshare(CLONE_NEWNS), kStep, "unshare");
  check(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), kStep, "mount", "/");
  RootfsPlan wanted = plan.rootfs;
  if (wanted.dir.empty()) wanted.dir = task.order.dir;
  return makeRootfs(wanted, plan.spec, false, owner);
}

Rootfs mapNew(const UsernsTask& task, const Plan& plan, pid_t pid) {
  const Shape& shape = task.order.shape;
  failPoint("write id mappings");
  writeMappings(pid, shape.uidMappings, shape.gidMappings, false);
  const Fd userns(
      check(open(("/proc/" + std::to_string(pid) + "/ns/user").c_str(), O_RDONLY | O_CLOEXEC),
            kStep, "open", "ns/user"));
  return rootfsFor(
      task, plan,
      {userns.get(), hostId(shape.uidMappings, 0, "uid"), hostId(shape.gidMappings, 0, "gid")});
}

// A pid namespace belongs to the user namespace in which it is made, so another's
// is entered before the fork; and with it the machine's rights go, so the root is
// made before. The mounts with mapped ids stay out of the container's sight.
Rootfs enterJoined(const UsernsTask& task, const Plan& plan, const spec::Namespace& wanted) {
  constexpr const char* step = "join namespace";
  const KnownUserNamespace userns = findUserNamespace(wanted, task.order.shape.neighbours);
  const Fd mounts(
      check(open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), step, "open", "/proc/self/ns/mnt"));
  Rootfs rootfs = rootfsFor(task, plan, {userns.fd.get(), userns.rootUid, userns.rootGid});
  check(setns(mounts.get(), CLONE_NEWNS), step, "setns", "/proc/self/ns/mnt");
  joinPidNamespace(task.order.shape);
  check(setns(userns.fd.get(), CLONE_NEWUSER), step, "setns", wanted.path);
  dieWithSupervisor(task.birth);  // setns(2) takes that back
  return rootfs;
}

void sendRootfs(int container, const Rootfs& rootfs) {
  std::vector<int> fds{rootfs.root.get()};
  for (const auto& [target, overlay] : rootfs.overlays) fds.push_back(overlay.get());
  sendMessage(container, R"({"event":"rootfs"})", fds);
}

void helperMain(UsernsTask task) {
  const Plan plan = readPlan(task.order.plan);
  Cgroup cgroup;
  if (task.order.parent) {
    task.cgroup = &cgroup;
    cgroup = Cgroup::create(task.order.parent, task.order.name);
    cgroup.joinSelf();
    if (plan.spec.linux_.resources) cgroup.apply(*plan.spec.linux_.resources);
  }
  const spec::Namespace* joined = task.order.shape.joined("user");
  Rootfs rootfs;
  if (joined != nullptr)
    rootfs = enterJoined(task, plan, *joined);
  else
    joinPidNamespace(task.order.shape);
  auto [container, its] = messagePair();
  const Child born = cloneContainer(task, its.get(), container.get());
  its.reset();
  reportBirth(task.birth, born);
  try {
    if (joined == nullptr) rootfs = mapNew(task, plan, born.pid);
    sendRootfs(container.get(), rootfs);
  } catch (const std::exception& error) {
    sendMessage(container.get(), errorJson(asSysError(error, kStep)));
  }
}

}  // namespace

Slot forkUsernsSlot(const SlotOrder& order, const SlotEnvironment& environment) {
  Slot slot;
  slot.name = order.name;
  slot.dir = order.dir;
  slot.parent = order.parent;
  slot.filtersKnown = lastFilter(*environment.filters);
  auto [mine, its] = messagePair();
  failPoint("fork helper");
  Child helper = forkChild(kStep, environment.forgetParent, [&](int birth) {
    mine.reset();
    helperMain({order, environment, nullptr, its.release(), birth});
  });
  slot.helper = std::move(helper.pidfd);
  slot.birth = std::move(helper.socket);
  slot.socket = std::move(mine);
  return slot;
}

}  // namespace slipway
