// SPDX-License-Identifier: Apache-2.0
#include "supervisor/supervisor.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>

#include "container/userns.h"
#include "init/report.h"
#include "sys/failpoint.h"
#include "sys/features.h"

namespace slipway {
namespace {

std::string machineJson(const CgroupLayout& layout, bool mayChangeGroups) {
  json::Writer w;
  w.beginObject().field("event", "hello").field("pid", getpid());
  w.field("cgroup", cgroupModeName(layout.mode())).key("controllers").beginArray();
  for (const CgroupHierarchy& hierarchy : layout.hierarchies) {
    for (const std::string& controller : hierarchy.controllers) w.value(controller);
  }
  w.endArray().field("mayChangeGroups", mayChangeGroups).endObject();
  return w.take();
}

// An ordinary user may write to cgroups only where they were delegated; the
// empty hybrid tree has no controllers to delegate.
bool mayUseCgroups(const CgroupLayout& layout, bool rootless) {
  if (layout.mode() == CgroupLayout::Mode::kNone) return false;
  if (!rootless) return true;
  const CgroupHierarchy* v2 = layout.v2();
  if (layout.mode() != CgroupLayout::Mode::kV2 || v2 == nullptr) return false;
  return access((v2->mountPoint + v2->ownPath + "/cgroup.procs").c_str(), W_OK) == 0;
}

}  // namespace

Supervisor::Supervisor(Fd& control, EngineSettings settings)
    : control_(control),
      settings_(std::move(settings)),
      sweeper_(
          loop_, scopeFolder() + "/trash", [this] { forgetInChild(); },
          [this](const SysError& error) { sendWarning("remove", error); }) {
  askFailPoint(settings_.failPoint);
  layout_ = CgroupLayout::detect();
  const bool cgroups = mayUseCgroups(layout_, settings_.rootless);
  if (!cgroups) layout_.hierarchies.clear();
  environment_.rootless = settings_.rootless;
  environment_.filters = &filters_;
  environment_.forgetParent = [this] { forgetInChild(); };
  if (settings_.rootless) {
    environment_.mayChangeGroups = enterOwnUserNamespace();
    // One it may mount in, for what slots prepare. New mounts of the machine
    // still arrive where they are shared.
    check(unshare(CLONE_NEWNS), "start supervisor", "unshare");
  }
  features();  // asked here, where no container waits
  // Before any container exists: nothing of this process can be read or traced
  // from inside one (CVE-2016-9962).
  check(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "start supervisor", "prctl", "PR_SET_DUMPABLE");
  makeFolders();
  repairOthers();
  repairLostCgroups();
  if (cgroups) parent_ = CgroupParent::create(layout_, cgroupPlace(settings_.id));
  try {
    claimFolders();
    if (cgroups && !settings_.rootless) claimCgroup();
    failPoint("greet program");
    send(machineJson(layout_, environment_.mayChangeGroups));
  } catch (const SysError&) {
    abandonFolders();
    throw;
  }
}

void Supervisor::run() {
  loop_.watch(control_.get(), [this] { receive(); });
  try {
    loop_.run();
    if (lost_) throw SysError(*lost_);
  } catch (const std::exception&) {
    // A fault of the supervisor itself: nothing it holds may outlive it.
    shutdown();
    throw;
  }
}

Container& Supervisor::find(const std::string& id) {
  const auto found = containers_.find(id);
  if (found == containers_.end())
    throw SysError("find container", "", id, ESRCH, "the container is not running");
  return *found->second;
}

void Supervisor::send(const std::string& text, std::span<const int> fds) {
  try {
    sendMessage(control_.get(), text, fds);
  } catch (const SysError& error) {
    if (!fds.empty()) throw;  // those of one container may be what cannot be sent
    lost_ = error;
    loop_.stop();
  }
}

void Supervisor::sendDone(uint64_t request, const std::string& result) {
  send(R"({"event":"done","req":)" + std::to_string(request) + R"(,"result":)" + result + "}");
}

void Supervisor::sendFailed(uint64_t request, const SysError& error) {
  send(R"({"event":"failed","req":)" + std::to_string(request) + R"(,"error":)" + errorJson(error) +
       "}");
}

void Supervisor::sendWarning(const char* about, const SysError& error) {
  send(R"({"event":"warning","about":")" + std::string(about) + R"(","error":)" + errorJson(error) +
       "}");
}

// A forked child keeps none of the supervisor's descriptors: held copies would
// hide the end of a stream. The cgroup parents stay, for joining.
void Supervisor::forgetInChild() {
  control_.reset();
  lock_.reset();
  cgroupLock_.reset();
  sweeper_.forget();
  for (auto& [name, slot] : waiting_) {
    slot.socket.reset();
    slot.pidfd.reset();
    slot.root.reset();
  }
  for (auto& [key, kind] : kinds_) kind.roots.clear();
  for (auto& [id, container] : containers_) {
    container->slot.socket.reset();
    container->slot.pidfd.reset();
    container->slot.birth.reset();
    container->slot.root.reset();
    container->start.master.reset();
    container->start.mountNamespace.reset();
    container->agent.reset();
    container->execs.clear();
  }
  for (auto& [number, worker] : workers_) {
    worker->pidfd.reset();
    worker->socket.reset();
  }
}

}  // namespace slipway
