// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>

#include "init/raw_report.h"
#include "init/report.h"
#include "supervisor/birth.h"
#include "supervisor/children.h"
#include "supervisor/supervisor.h"
#include "sys/failpoint.h"
#include "sys/kernel.h"

namespace slipway {
namespace {

std::string quoted(const std::string& text) {
  json::Writer w;
  w.value(text);
  return w.take();
}

}  // namespace

void Supervisor::start(const Request& request, Message& message) {
  const json::Document document = json::parse(request.header);
  const json::Value header = document.root();
  auto container = std::make_unique<Container>();
  container->request = request.number;
  header.require("id", container->id);
  header.read("dir", container->dir);
  std::string image;
  header.read("image", image);
  header.read("autoRemove", container->autoRemove);
  header.read("closed", container->closed);
  header.read("mayTrace", container->traced);
  uint64_t filter = 0;
  header.read("filter", filter);
  requireFilter(filter);
  Shape shape = readShape(header.at("shape"));
  const std::vector<Fd> held = holdNeighbours(shape);
  container->newFlags = shape.newFlags();
  container->ownPidNamespace = (container->newFlags & CLONE_NEWPID) != 0;
  container->traced = container->traced || !container->ownPidNamespace;
  if (containers_.count(container->id) != 0) {
    throw SysError("start container", "", container->id, EBUSY, "the container is already running");
  }
  container->startedNs = monotonicNs();
  container->slot = takeSlot(shape, image, request.body);
  container->newFolder = container->dir.empty();
  if (container->newFolder) container->dir = container->slot.dir;
  sendPlan(*container, filter, request, message);
  const std::string id = container->id;
  if (container->slot.birth) {
    collectChild(loop_, std::move(container->slot.helper));
    loop_.watch(container->slot.birth.get(), [this, id] { slotBorn(id); }, guard(id));
  } else {
    watchContainer(*container);
  }
  containers_.emplace(id, std::move(container));
}

// Duplicates of the pidfds, which are not among what a fork lets go of. One that
// is not past its own start has not got its namespaces yet.
std::vector<Fd> Supervisor::holdNeighbours(Shape& shape) {
  std::vector<Fd> held;
  for (const spec::Namespace& entry : shape.namespaces) {
    if (!entry.isNeighbour()) continue;
    const auto found = containers_.find(entry.path.substr(entry.path.find(':') + 1));
    if (found == containers_.end() || found->second->dead || !found->second->start.answered)
      throw SysError("join namespace", "setns", entry.path, ESRCH, "that container is not running");
    const int pidfd = fcntl(found->second->slot.pidfd.get(), F_DUPFD_CLOEXEC, 3);
    held.emplace_back(check(pidfd, "join namespace", "fcntl", entry.path));
    shape.neighbours[entry.path] = held.back().get();
    found->second->closed = false;  // the neighbour may be handed descriptors
    if (entry.type == "pid") found->second->traced = true;
  }
  return held;
}

void Supervisor::sendPlan(Container& container, uint64_t filter, const Request& request,
                          const Message& message) {
  Slot& slot = container.slot;
  std::vector<int> fds;
  fds.reserve(message.fds.size());
  for (const Fd& fd : message.fds) fds.push_back(fd.get());
  try {
    failPoint("send plan");
    sendFilter(slot, filter, filters_);
    sendMessage(slot.socket.get(), request.body, fds);
  } catch (const std::exception& error) {
    failStart(container, asSysError(error, "send plan"));
  }
}

// The process ends, at the latest when it looks for its plan, and the answer
// waits until all it held is gone.
void Supervisor::failStart(Container& container, const SysError& error) {
  if (!container.start.failed) container.start.failure = errorJson(error);
  container.start.failed = true;
  loop_.unwatch(container.slot.socket.get());
  container.slot.socket.reset();
  if (container.slot.pidfd) kernel::pidfdSendSignal(container.slot.pidfd.get(), SIGKILL);
}

void Supervisor::watchContainer(Container& container) {
  const std::string id = container.id;
  whenEnded(
      loop_, container.slot.pidfd.get(),
      [this, id](const ChildEnd& end) { containerEnded(id, end); }, guard(id));
  if (!container.slot.socket) return;
  const auto said = [this, id] {
    while (slotSaid(id) == Received::message) {
    }
  };
  // By execve or by its death; what it said before waits until then.
  loop_.watchEnd(container.slot.socket.get(), said, guard(id));
}

void Supervisor::slotBorn(const std::string& id) {
  Container& container = find(id);
  Slot& slot = container.slot;
  loop_.unwatch(slot.birth.get());
  try {
    takeBirth(slot);
  } catch (const std::exception& error) {
    failStart(container, asSysError(error, "start container"));
  }
  slot.birth.reset();
  if (slot.pidfd) return watchContainer(container);
  if (slot.pid == 0) return containerEnded(id, {});
  // No descriptor was free for its pidfd.
  endBorn(loop_, slot.pid, [this, id] { containerEnded(id, {}); }, guard(id));
}

Received Supervisor::slotSaid(const std::string& id) {
  Container& container = find(id);
  failPoint("hear start");
  StartReport& start = container.start;
  const Received what = start.hear(container.slot.socket.get(), container.slot.pidfd.get());
  if (what == Received::closed) slotEnded(container);
  // A new slot says first that it is in its cgroup.
  if (start.idle) slotIsIdle(container.slot, *start.idle);
  start.idle.reset();
  return what;
}

// The socket closed: by execve, or by the death of the process, which the pidfd
// tells apart later. A failure is told to Node in finishEnd, once everything is
// cleaned up.
void Supervisor::slotEnded(Container& container) {
  loop_.unwatch(container.slot.socket.get());
  container.slot.socket.reset();
  if (container.start.ready && !container.start.failed) {
    sendStarted(container.request, container.slot.pid, container.dir, container.start);
  }
  refillSoon();
}

Received StartReport::hear(int socket, int pidfd) {
  Message message;
  try {
    const Received what = receiveMessage(socket, message, false);
    if (what == Received::message) take(std::move(message));
    return what;
  } catch (const std::exception& error) {
    failed = true;
    failure = errorJson(asSysError(error, "start container"));
    kernel::pidfdSendSignal(pidfd, SIGKILL);
    return Received::message;
  }
}

void StartReport::take(Message message) {
  if (isRawReport(message.data)) {
    sender = message.sender;
    message.data = rawReportJson(message.data);
  }
  const json::Document document = json::parse(message.data);
  const std::string event = document.root().get<std::string>("event");
  // The rest of the text, without the bracket that closes the message.
  const auto rest = [&message](std::string_view key) {
    const size_t at = message.data.find(key) + key.size();
    return message.data.substr(at, message.data.size() - at - 1);
  };
  if (event == "idle") {
    idle = std::move(message);
  } else if (event == "terminal" && !message.fds.empty()) {
    master = std::move(message.fds[0]);
  } else if (event == "ready") {
    ready = true;
    if (!message.fds.empty()) mountNamespace = std::move(message.fds[0]);
    timings = rest(R"("timings":)");
  } else if (event == "failed") {
    failed = true;
    failure = rest(R"("error":)");
  }
}

void Supervisor::sendStarted(uint64_t request, pid_t pid, const std::string& dir,
                             StartReport& start) {
  const std::string text = R"({"event":"started","req":)" + std::to_string(request) + R"(,"pid":)" +
                           std::to_string(pid) + R"(,"dir":)" + quoted(dir) + R"(,"timings":)" +
                           start.timings + "}";
  // Twice: Node reads and writes through descriptors of their own.
  const int masters[2] = {start.master.get(), start.master.get()};
  send(text, start.master ? std::span<const int>(masters) : std::span<const int>());
  start.answered = true;
  start.master.reset();
}

}  // namespace slipway
