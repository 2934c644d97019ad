// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>

#include "container/seccomp.h"
#include "image/worker.h"
#include "init/report.h"
#include "spec/reader.h"
#include "supervisor/children.h"
#include "supervisor/cleanup.h"
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

// In the worker: its answer, whole, then its end.
[[noreturn]] void writeAnswer(int output, const std::string& answer) {
  size_t done = 0;
  while (done < answer.size()) {
    const ssize_t n = write(output, answer.data() + done, answer.size() - done);
    if (n < 0 && errno != EINTR) _exit(1);
    if (n > 0) done += static_cast<size_t>(n);
  }
  _exit(0);
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
  if (request.op == "freeze") return freeze(request, true);
  if (request.op == "thaw") return freeze(request, false);
  if (request.op == "stats") return stats(request);
  if (request.op == "remove") return remove(request);
  if (request.op == "seccomp") return compileFilter(request);
  if (request.op == "work") return work(request, message);
  if (request.op == "cancel-work") return cancelWork(request);
  throw SysError("dispatch", "", request.op, ENOSYS, "no such request");
}

void Supervisor::compileFilter(const Request& request) {
  const json::Document document = json::parse(request.body);
  const spec::Seccomp profile = spec::readSeccomp(document.root());
  if ((seccompFlags(profile) & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0) {
    throw SysError("seccomp", "compile", "SCMP_ACT_NOTIFY", ENOTSUP,
                   "notification of system calls is not supported yet");
  }
  // Calls newer than the profile answer ENOSYS, as Docker's runtime has it, so
  // that libc falls back to older ones.
  failPoint("compile filter");
  SeccompOptions options;
  options.enosysAboveNamed = true;
  sendDone(request.number,
           std::to_string(keepFilter({compileSeccomp(profile, options), seccompFlags(profile)})));
}

// Equal ones share a number, so that there are as many as different profiles.
uint64_t Supervisor::keepFilter(SeccompFilter filter) {
  const auto same = [](const sock_filter& a, const sock_filter& b) {
    return a.code == b.code && a.jt == b.jt && a.jf == b.jf && a.k == b.k;
  };
  for (const auto& [number, known] : filters_) {
    if (known.flags == filter.flags && std::ranges::equal(known.program, filter.program, same))
      return number;
  }
  const uint64_t number = filters_.size() + 1;
  filters_[number] = std::move(filter);
  return number;
}

void Supervisor::requireFilter(uint64_t number) const {
  if (number > filters_.size()) throw SysError("find filter", "", std::to_string(number), ENOENT);
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
    target = process->second->pidfd.get();
  }
  if (container.dead) throw SysError("kill", "pidfd_send_signal", container.id, ESRCH);
  check(kernel::pidfdSendSignal(target, number), "kill", "pidfd_send_signal", container.id);
  // A v1 freezer holds even SIGKILL back, whoever has frozen it.
  if (number == SIGKILL && execId.empty() && container.slot.parent) {
    Cgroup cgroup = Cgroup::open(container.slot.parent, container.slot.name);
    if (cgroup.isFrozen()) cgroup.thaw();
    container.paused = false;
  }
  sendDone(request.number);
}

void Supervisor::freeze(const Request& request, bool freeze) {
  const json::Document document = json::parse(request.header);
  Container& container = find(document.root().get<std::string>("id"));
  const char* step = freeze ? "pause" : "resume";
  if (container.dead || !container.start.answered)
    throw SysError(step, "", container.id, ESRCH, "the container is not running");
  if (container.paused == freeze)
    throw SysError(step, "", container.id, EINVAL,
                   freeze ? "the container is already paused" : "the container is not paused");
  if (!container.slot.parent)
    throw SysError(step, "", container.id, ENOTSUP,
                   "pausing needs a cgroup, and this user may not make one");
  Cgroup cgroup = Cgroup::open(container.slot.parent, container.slot.name);
  if (freeze) {
    cgroup.freeze(kFreezeTimeoutMs);
  } else {
    cgroup.thaw();
  }
  container.paused = freeze;
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
  int ends[2];
  check(pipe2(ends, O_CLOEXEC), "start worker", "pipe2");
  auto worker = std::make_unique<Worker>();
  worker->request = request.number;
  worker->result.reset(ends[0]);
  Fd output(ends[1]);
  int pidfd = -1;
  kernel::CloneArgs args;
  args.flags = CLONE_PIDFD;
  args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  args.exitSignal = SIGCHLD;
  failPoint("start worker");
  const pid_t pid = check(kernel::clone3(args), "start worker", "clone3");
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    forgetInChild();
    writeAnswer(output.get(), runImageWorker(request.body, std::move(message.fds)));
  }
  worker->pidfd.reset(pidfd);
  const uint64_t number = request.number;
  loop_.watch(worker->result.get(), [this, number] { workerSaid(number); });
  workers_[number] = std::move(worker);
}

void Supervisor::cancelWork(const Request& request) {
  const json::Document document = json::parse(request.header);
  const auto worker = workers_.find(document.root().get<uint64_t>("work"));
  if (worker != workers_.end()) kernel::pidfdSendSignal(worker->second->pidfd.get(), SIGKILL);
  sendDone(request.number);
}

void Supervisor::workerSaid(uint64_t number) {
  Worker& worker = *workers_.at(number);
  char buffer[4096];
  const ssize_t n = read(worker.result.get(), buffer, sizeof buffer);
  if (n > 0) {
    worker.text.append(buffer, static_cast<size_t>(n));
    return;
  }
  loop_.unwatch(worker.result.get());
  const ChildEnd end = reapChild(worker.pidfd.get());
  if (end.exitCode == 0 && !worker.text.empty()) {
    const char* event = worker.text.starts_with(R"({"error")") ? "failed" : "done";
    send(std::string(R"({"event":")") + event + R"(","req":)" + std::to_string(number) + "," +
         worker.text.substr(1));
  } else {
    sendFailed(number, SysError("work on files", "", "", ECHILD,
                                "the worker ended with code " + std::to_string(end.exitCode)));
  }
  workers_.erase(number);
}

}  // namespace slipway
