// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sched.h>

#include <algorithm>

#include "init/report.h"
#include "supervisor/children.h"
#include "supervisor/cleanup.h"
#include "supervisor/supervisor.h"
#include "supervisor/userns_slot.h"

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
  const Shape shape = readShape(header.at("shape"));
  container->newFlags = shape.newFlags();
  container->ownPidNamespace = (container->newFlags & CLONE_NEWPID) != 0;
  if (containers_.count(container->id) != 0) {
    throw SysError("start container", "", container->id, EBUSY, "the container is already running");
  }
  container->startedNs = monotonicNs();
  try {
    container->slot = takeSlot(shape, image, request.body);
  } catch (const SysError&) {
    // A slot that failed to be born may have got as far as its cgroup.
    if (const auto parent = parentFor(shape)) removeCgroup(parent, std::to_string(slotCount_));
    throw;
  }
  container->newFolder = container->dir.empty();
  if (container->newFolder) container->dir = container->slot.dir;
  std::vector<int> fds;
  fds.reserve(message.fds.size());
  for (const Fd& fd : message.fds) fds.push_back(fd.get());
  sendMessage(container->slot.socket.get(), request.body, fds);
  const std::string id = container->id;
  if (container->slot.birth) {
    collectChild(loop_, std::move(container->slot.helper));
    loop_.watch(container->slot.birth.get(), [this, id] { slotBorn(id); });
  } else {
    watchContainer(*container);
  }
  containers_.emplace(id, std::move(container));
}

void Supervisor::watchContainer(Container& container) {
  const std::string id = container.id;
  loop_.watch(container.slot.socket.get(), [this, id] { slotSaid(id); });
  whenEnded(loop_, container.slot.pidfd.get(),
            [this, id](const ChildEnd& end) { containerEnded(id, end); });
}

void Supervisor::slotBorn(const std::string& id) {
  Container& container = find(id);
  loop_.unwatch(container.slot.birth.get());
  try {
    takeBirth(container.slot);
  } catch (const std::exception& error) {
    container.start.failed = true;
    container.start.failure = errorJson(asSysError(error, "start container"));
  }
  container.slot.birth.reset();
  if (container.start.failed) return containerEnded(id, {});
  watchContainer(container);
}

Received Supervisor::slotSaid(const std::string& id) {
  Container& container = find(id);
  Message message;
  const Received what = receiveMessage(container.slot.socket.get(), message, false);
  if (what == Received::closed) slotEnded(container);
  if (what == Received::message) {
    // A new slot says first that it is in its cgroup.
    if (message.data.find(R"("idle")") != std::string::npos) lastJoinNs_ = monotonicNs();
    container.start.take(std::move(message));
  }
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

void StartReport::take(Message message) {
  const json::Document document = json::parse(message.data);
  const std::string event = document.root().get<std::string>("event");
  // The rest of the text, without the bracket that closes the message.
  const auto rest = [&message](std::string_view key) {
    const size_t at = message.data.find(key) + key.size();
    return message.data.substr(at, message.data.size() - at - 1);
  };
  if (event == "terminal" && !message.fds.empty()) {
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
  start.answered = true;
  const std::string text = R"({"event":"started","req":)" + std::to_string(request) + R"(,"pid":)" +
                           std::to_string(pid) + R"(,"dir":)" + quoted(dir) + R"(,"timings":)" +
                           start.timings + "}";
  // Twice: Node reads and writes through descriptors of their own.
  const int masters[2] = {start.master.get(), start.master.get()};
  send(text, start.master ? std::span<const int>(masters) : std::span<const int>());
  start.master.reset();
}

}  // namespace slipway
