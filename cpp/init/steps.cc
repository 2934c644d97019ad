// SPDX-License-Identifier: Apache-2.0
#include "init/steps.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "container/cgroup_mount.h"
#include "container/devices.h"
#include "container/etc_files.h"
#include "container/limits.h"
#include "container/masks.h"
#include "container/mounts.h"
#include "container/proc_self.h"
#include "container/rootfs.h"
#include "container/stdio.h"
#include "container/system.h"
#include "container/terminal.h"
#include "init/launch.h"
#include "init/report.h"
#include "sys/detached_mount.h"
#include "sys/error.h"
#include "sys/kernel.h"
#include "sys/mountinfo.h"
#include "sys/path.h"

namespace slipway {
namespace {

bool has(const spec::Spec& spec, unsigned flag) {
  return (newNamespaces(spec.linux_.namespaces) & flag) != 0;
}

bool hasNamespaceEntry(const spec::Spec& spec, const char* type) {
  for (const spec::Namespace& entry : spec.linux_.namespaces) {
    if (entry.type == type) return true;
  }
  return false;
}

// A folder of the machine as /dev: nothing in it may be made or replaced.
bool bindsDev(const spec::Spec& spec) {
  for (const spec::Mount& mount : spec.mounts) {
    if (mount.destination == "/dev" &&
        (mount.type == "bind" || parseMountOptions(mount.options).bind))
      return true;
  }
  return false;
}

// New namespaces that the fork has not made: the cgroup namespace must come
// after the cgroup was joined, since it is rooted there.
void enterNamespaces(const spec::Spec& spec, const Neighbours& neighbours, unsigned entered) {
  joinNamespaces(spec.linux_.namespaces, neighbours);
  const unsigned wanted = newNamespaces(spec.linux_.namespaces) & ~entered &
                          ~unsigned{CLONE_NEWPID | CLONE_NEWUSER | CLONE_NEWNS | 0x80u};
  if (wanted != 0) check(unshare(static_cast<int>(wanted)), "enter namespaces", "unshare");
  if ((wanted & CLONE_NEWNET) != 0) raiseLoopback();
  if (has(spec, namespaceFlag("time"))) enterTimeNamespace(spec.linux_.timeOffsets);
}

void pivotRoot(int root) {
  constexpr const char* step = "pivot root";
  check(fchdir(root), step, "fchdir");
  // The new root covers the old one, which then is below it and let go
  // (pivot_root(2), "pivot_root(".", ".")").
  check(syscall(SYS_pivot_root, ".", "."), step, "pivot_root");
  check(umount2(".", MNT_DETACH), step, "umount2");
  check(chdir("/"), step, "chdir");
}

void finishRoot(const spec::Spec& spec) {
  const std::string& propagation = spec.linux_.rootfsPropagation;
  if (!propagation.empty()) {
    const uint64_t flag = propagationFlag(propagation);
    if (flag == 0)
      throw SysError("set root propagation", "mount", propagation, EINVAL, "no such propagation");
    const uint64_t recursive = propagation[0] == 'r' ? uint64_t{MS_REC} : 0;
    check(mount(nullptr, "/", nullptr, flag | recursive, nullptr), "set root propagation", "mount",
          propagation);
  }
  if (!spec.root || !spec.root->readonly) return;
  setRootAttributes({.attrSet = kernel::kAttrRdonly}, "make root read-only");
}

void applyResources(const spec::Spec& spec, Cgroup* cgroup) {
  if (!spec.linux_.resources) return;
  if (cgroup != nullptr) cgroup->apply(*spec.linux_.resources);
}

class ContainerStart {
 public:
  ContainerStart(Plan plan, InitContext& context, StepClock& clock)
      : plan_(std::move(plan)), context_(context), clock_(clock) {}

  [[noreturn]] void run() {
    clock_.begin("apply limits");
    if (!context_.limitsApplied) applyResources(spec(), context_.cgroup);
    if (context_.cgroup != nullptr) cgroups_ = cgroupMounts(*context_.cgroup);
    clock_.begin("enter namespaces");
    enterNamespaces(spec(), context_.neighbours, context_.enteredNamespaces);
    mountAll();
    clock_.begin("pivot root");
    pivotRoot(root_.get());
    finishRoot(spec());
    clock_.begin("set names");
    if (has(spec(), CLONE_NEWUTS)) setHostname(spec().hostname, spec().domainname);
    if (spec().linux_.personality) applyPersonality(*spec().linux_.personality);
    adopt();
    launch(plan_.process, context_, clock_, procSelf_.get());
  }

 private:
  const spec::Spec& spec() const { return plan_.spec; }

  void mountAll() {
    clock_.begin("enter mount namespace");
    if (hasNamespaceEntry(spec(), "mount") && !has(spec(), CLONE_NEWNS)) {
      throw SysError("enter mount namespace", "setns", "linux.namespaces", ENOTSUP,
                     "a container needs a mount namespace of its own");
    }
    check(unshare(CLONE_NEWNS), "enter mount namespace", "unshare");
    const Fd null = openNullDevice();
    clock_.begin("prepare mounts");
    const int shmFrom =
        plan_.shmFrom.empty() ? -1 : neighbourPidfd(context_.neighbours, plan_.shmFrom);
    std::vector<PreparedMount> mounts = prepareMounts(spec().mounts, shmFrom);
    check(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "prepare mounts", "mount",
          "/");
    clock_.begin("mount rootfs");
    Rootfs rootfs = context_.prepared.takeRootfs(plan_, context_.rootless);
    const std::string& at = context_.attachAt.empty() ? plan_.rootfs.dir : context_.attachAt;
    const std::vector<Fd> files = prepareFiles(plan_.files, at);
    root_ = attachRootfs(std::move(rootfs), at);
    const std::vector<uint64_t> ownMounts = rootMounts();
    clock_.begin("mount");
    const MountContext inRoot{root_.get(), cgroups_, has(spec(), CLONE_NEWCGROUP)};
    for (PreparedMount& next : mounts)
      performMount(inRoot, next, context_.prepared.takeFileSystem(*next.mount));
    clock_.begin("put files");
    attachFiles(root_.get(), plan_.files, files);
    clock_.begin("make devices");
    const bool ownDev = !bindsDev(spec());
    makeDevices(root_.get(), spec().linux_.devices,
                {context_.rootless || has(spec(), CLONE_NEWUSER), ownDev, ownMounts});
    if (plan_.process.process.terminal) {
      clock_.begin("open terminal");
      terminal_ = openTerminal(root_.get(), plan_.process.process.consoleSize);
      if (ownDev) bindConsole(root_.get(), *terminal_);
    }
    int proc = -1, self = -1;
    const Fault fault = openProcSelf(root_.get(), proc, self);
    proc_.reset(proc);
    procSelf_.reset(self);
    raise(fault);
    seal(null.get());
  }

  // While nothing covers them; only devices ask.
  std::vector<uint64_t> rootMounts() const {
    constexpr const char* step = "mount rootfs";
    if (spec().linux_.devices.empty()) return {};
    std::vector<uint64_t> mounts{mountIdOf(root_.get(), step, "/")};
    for (const OverlayPlan& overlay : plan_.rootfs.overlays) {
      const Fd at = openInRoot(root_.get(), overlay.target, O_PATH | O_DIRECTORY, step);
      mounts.push_back(mountIdOf(at.get(), step, overlay.target));
    }
    return mounts;
  }

  void seal(int null) {
    clock_.begin("set sysctls");
    applySysctls(proc_.get(), spec().linux_.sysctl,
                 {has(spec(), CLONE_NEWNET), has(spec(), CLONE_NEWIPC), has(spec(), CLONE_NEWUTS)});
    clock_.begin("mask paths");
    maskPaths(root_.get(), spec().linux_.maskedPaths, null);
    clock_.begin("protect paths");
    protectPaths(root_.get(), spec().linux_.readonlyPaths);
  }

  void adopt() {
    clock_.begin("adopt stdio");
    check(setsid(), "adopt stdio", "setsid");
    if (!terminal_) {
      std::vector<int> fds;
      fds.reserve(context_.stdio.size());
      for (const Fd& fd : context_.stdio) fds.push_back(fd.get());
      raise(adoptStdio(fds));
      return context_.stdio.clear();
    }
    reportTerminal(context_.socket, terminal_->master.get());
    raise(adoptTerminal(terminal_->peer.get()));
    terminal_.reset();
  }

  Plan plan_;
  InitContext& context_;
  StepClock& clock_;
  std::vector<CgroupMount> cgroups_;
  Fd root_, proc_, procSelf_;
  std::optional<Terminal> terminal_;
};

[[noreturn]] void endFailed(int socket, const std::exception& cause, const char* step) {
  const SysError error = asSysError(cause, step);
  try {
    reportFailed(socket, error);
  } catch (const std::exception&) {
    // The filter may forbid sendmsg.
    _exit(exitCodeOf(error.syscall.c_str(), error.err));
  }
  _exit(exitCodeOf(error.syscall.c_str(), error.err));
}

}  // namespace

void runContainer(std::string_view planJson, InitContext context) {
  try {
    Plan plan = readPlan(planJson);
    if (plan.rootfs.dir.empty()) plan.rootfs.dir = context.dir;
    StepClock clock(plan.process.failPoint);
    clock.begin("read plan");
    ContainerStart(std::move(plan), context, clock).run();
  } catch (const std::exception& error) {
    endFailed(context.socket, error, "start container");
  }
}

}  // namespace slipway
