// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include "image/worker.h"
#include "init/filters.h"
#include "init/report.h"
#include "supervisor/children.h"
#include "supervisor/cleanup.h"
#include "supervisor/fork_child.h"
#include "supervisor/supervisor.h"
#include "sys/failpoint.h"
#include "sys/kernel.h"

namespace slipway {
namespace {

constexpr int kFreezeTimeoutMs = 500;

// Of a message that could not be taken whole: its sender waits for an answer.
uint64_t numberIn(std::string_view data) {
  try {
    return splitRequest(data).number;
  } catch (const json::JsonError&) {
    return 0;
  }
}

}  // namespace

void Supervisor::receive() {
  Message message;
  Request request;
  try {
    const Received what = receiveMessage(control_.get(), message, false);
    if (what == Received::nothing) return;
    if (what == Received::closed) return shutdown();
    request = splitRequest(message.data);
    const FailPointScope asked(request.failPoint);
    dispatch(request, message);
  } catch (const std::exception& error) {
    if (request.op.empty()) request.number = numberIn(message.data);
    sendFailed(request.number, asSysError(error, request.op.c_str()));
  }
}

void Supervisor::dispatch(const Request& request, Message& message) {
  if (request.op == "start") return start(request, message);
  if (request.op == "exec") return exec(request, message);
  if (request.op == "kill") return signal(request);
  if (request.op == "freeze") return freeze(request);
  if (request.op == "thaw") return thaw(request);
  if (request.op == "stats") return stats(request);
  if (request.op == "remove") return remove(request);
  if (request.op == "seccomp") return compileFilter(request);
  if (request.op == "forget-seccomp") return forgetFilter(request);
  if (request.op == "work") return work(request, message);
  if (request.op == "cancel-work") return cancelWork(request);
  throw SysError("dispatch", "", request.op, ENOSYS, "no such request");
}

void Supervisor::compileFilter(const Request& request) {
  failPoint("compile filter");
  SeccompFilter filter = makeFilter(request.body);
  filters_[++filterCount_] = std::move(filter);
  sendDone(request.number, std::to_string(filterCount_));
}

// Node asks when no start or exec that names it is under way. Slots and agents
// keep what they know; the number never comes back.
void Supervisor::forgetFilter(const Request& request) {
  const json::Document document = json::parse(request.header);
  const auto number = document.root().get<uint64_t>("filter");
  filters_.erase(number);
  wearable_.erase(number);
  sendDone(request.number);
}

void Supervisor::requireFilter(uint64_t number) const {
  if (number != 0 && filters_.count(number) == 0)
    throw SysError("find filter", "", std::to_string(number), ENOENT);
}

void Supervisor::signal(const Request& request) {
  const json::Document document = json::parse(request.header);
  const json::Value header = document.root();
  Container& container = find(header.get<std::string>("id"));
  const int number = header.get<int>("signal");
  std::string execId;
  header.read("execId", execId);
  int target = container.slot.pidfd.get();
  if (!execId.empty()) {
    const auto process = container.execs.find(execId);
    if (process == container.execs.end())
      throw SysError("kill", "pidfd_send_signal", execId, ESRCH);
    if (process->second->pid == 0 && number == SIGKILL) {
      killUnborn(container, *process->second);
      return sendDone(request.number);
    }
    target = process->second->pidfd.get();
  }
  if (container.dead) throw SysError("kill", "pidfd_send_signal", container.id, ESRCH);
  check(kernel::pidfdSendSignal(target, number), "kill", "pidfd_send_signal", container.id);
  if (number == SIGKILL && execId.empty()) thawKilled(container);
  sendDone(request.number);
}

Container& Supervisor::toFreeze(const Request& request, const char* step, bool paused) {
  const json::Document document = json::parse(request.header);
  Container& container = find(document.root().get<std::string>("id"));
  if (container.dead || !container.start.answered)
    throw SysError(step, "", container.id, ESRCH, "the container is not running");
  if (container.freezing != 0)
    throw SysError(step, "", container.id, EBUSY, "the container is about to be paused");
  if (container.paused != paused)
    throw SysError(step, "", container.id, EINVAL,
                   paused ? "the container is not paused" : "the container is already paused");
  if (!container.slot.parent)
    throw SysError(step, "", container.id, ENOTSUP,
                   "pausing needs a cgroup, and this user may not make one");
  return container;
}

// Nearly always all stand still at once. A process in an uninterruptible wait
// does not, and other requests go on meanwhile.
void Supervisor::freeze(const Request& request) {
  Container& container = toFreeze(request, "pause", false);
  const auto cgroup =
      std::make_shared<Cgroup>(Cgroup::open(container.slot.parent, container.slot.name));
  cgroup->beginFreeze();
  container.freezing = request.number;
  const auto failure = std::make_shared<std::optional<SysError>>();
  const std::string id = container.id;
  const uint64_t number = request.number;
  const auto attempt = [failure](const std::function<bool()>& what) {
    try {
      return what();
    } catch (const std::exception& error) {
      *failure = asSysError(error, "pause");
      return true;
    }
  };
  const auto settled = [=, this, waitMs = 1]() mutable {
    if (!isFreezing(id, number)) return true;
    const int wait = std::exchange(waitMs, 0);
    return attempt([&] { return cgroup->isFrozenWithin(wait); });
  };
  loop_.until(settled, kFreezeTimeoutMs, [=, this](bool inTime) {
    if (!inTime) attempt([&]() -> bool { throw cgroup->giveUpFreeze(); });
    frozen(id, number, *failure);
  });
}

// Not when it has ended, or was killed and so thawed.
bool Supervisor::isFreezing(const std::string& id, uint64_t request) const {
  const auto found = containers_.find(id);
  return found != containers_.end() && !found->second->dead && found->second->freezing == request;
}

void Supervisor::frozen(const std::string& id, uint64_t request,
                        const std::optional<SysError>& failure) {
  if (!isFreezing(id, request))
    return sendFailed(request, SysError("pause", "", id, ESRCH, "the container has ended"));
  Container& container = find(id);
  container.freezing = 0;
  container.paused = !failure;
  if (failure) return sendFailed(request, *failure);
  sendDone(request);
}

void Supervisor::thaw(const Request& request) {
  Container& container = toFreeze(request, "resume", true);
  Cgroup::open(container.slot.parent, container.slot.name).thaw();
  container.paused = false;
  sendDone(request.number);
}

void Supervisor::stats(const Request& request) {
  const json::Document document = json::parse(request.header);
  Container& container = find(document.root().get<std::string>("id"));
  if (!container.slot.parent)
    throw SysError("stats", "", container.id, ENOTSUP, "the container has no cgroup of its own");
  sendDone(request.number,
           usageJson(Cgroup::open(container.slot.parent, container.slot.name).usage()));
}

void Supervisor::remove(const Request& request) {
  const json::Document document = json::parse(request.header);
  const std::string id = document.root().get<std::string>("id");
  if (containers_.count(id) != 0)
    throw SysError("remove container", "", id, EBUSY, "the container is running");
  sweeper_.take(document.root().get<std::string>("dir"));
  sendDone(request.number);
}

// Long work on files, in a process of its own that shares the user namespace.
void Supervisor::work(const Request& request, Message& message) {
  auto worker = std::make_unique<Worker>();
  worker->request = request.number;
  failPoint("start worker");
  Child child = forkChild("start worker", environment_.forgetParent, [&](int socket) {
    sendMessage(socket, runImageWorker(request.body, message.fds));
  });
  worker->pidfd = std::move(child.pidfd);
  worker->socket = std::move(child.socket);
  const uint64_t number = request.number;
  whenEnded(loop_, worker->pidfd.get(),
            [this, number](const ChildEnd& end) { workerEnded(number, end); });
  workers_[number] = std::move(worker);
}

void Supervisor::cancelWork(const Request& request) {
  const json::Document document = json::parse(request.header);
  const auto worker = workers_.find(document.root().get<uint64_t>("work"));
  if (worker != workers_.end()) kernel::pidfdSendSignal(worker->second->pidfd.get(), SIGKILL);
  sendDone(request.number);
}

void Supervisor::workerEnded(uint64_t number, const ChildEnd& end) {
  const Fd socket = std::move(workers_.at(number)->socket);
  workers_.erase(number);
  try {
    failPoint("hear worker");
    Message answer;
    if (receiveMessage(socket.get(), answer, false) != Received::message)
      throw SysError("work on files", "", "", ECHILD,
                     "the worker ended with code " + std::to_string(end.exitCode));
    // {"error":...} both of the work and of what kept it from beginning.
    const size_t error = answer.data.find(R"("error":)");
    const bool failed = error == 1 || answer.data.starts_with(R"({"event":"failed")");
    send(std::string(R"({"event":")") + (failed ? "failed" : "done") + R"(","req":)" +
         std::to_string(number) + "," + answer.data.substr(failed ? error : 1));
  } catch (const std::exception& error) {
    sendFailed(number, asSysError(error, "work on files"));
  }
}

}  // namespace slipway
