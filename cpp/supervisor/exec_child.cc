// SPDX-License-Identifier: Apache-2.0
#include "supervisor/exec_child.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include "container/proc_self.h"
#include "container/stdio.h"
#include "init/launch.h"
#include "init/raw_report.h"
#include "init/report.h"
#include "sys/descriptors.h"
#include "sys/error.h"
#include "sys/failpoint.h"
#include "sys/features.h"
#include "sys/kernel.h"
#include "sys/raw.h"

namespace slipway {
namespace {

constexpr const char* kStep = "fork exec";
constexpr size_t kStackSize = 64 * 1024, kGuardSize = 4096;

// While it looks up the program the kernel still follows /proc/self/fd: nothing
// of the agent's may be there.
Fault closeOthers(const ExecStart& start, int procSelf) {
  if (!features().closeRange) {
    for (int fd = 3; fd <= start.highest; fd++) {
      if (fd != start.report && fd != procSelf) raw::call(SYS_close, fd);
    }
    return {};
  }
  // Without the second there is the first twice.
  const int other = procSelf < 0 ? start.report : procSelf;
  const std::array kept{std::min(start.report, other), std::max(start.report, other)};
  return closeRangesBut(kept);
}

Fault adopt(const ExecStart& start, int& procSelf) {
  if (const Fault fault = watchSupervisor(start.report)) return fault;
  const long session = raw::call(SYS_setsid);
  if (session < 0) return faultOf(session, "adopt stdio", "setsid");
  if (const Fault fault = start.peer >= 0 ? adoptTerminal(start.peer)
                                          : adoptStdio({start.stdio.data(), start.stdioCount}))
    return fault;
  if (needsProcSelf(start.departure)) {
    int proc;
    const Fault fault = openProcSelf(start.root, proc, procSelf);
    raw::call(SYS_close, proc);
    if (fault) return fault;
  }
  return closeOthers(start, procSelf);
}

Fault become(const ExecStart& start) {
  int procSelf = -1;
  DepartureTimes times{};
  const char* program = nullptr;
  if (const Fault fault = adopt(start, procSelf)) return fault;
  if (const Fault fault = depart(start.departure, start.report, procSelf, times, program))
    return fault;
  if (const Fault fault = faultAsked(start.departure, "exec")) return fault;
  if (const Fault fault = tellReady(start.report, times)) return fault;
  if (const Fault fault = dropLastRights(start.departure)) return fault;
  return execProgram(program, start.departure.program);
}

int childMain(void* start) {
  const auto& its = *static_cast<const ExecStart*>(start);
  const Fault fault = become(its);
  tellFault(its.report, fault);
  raw::call(SYS_exit_group, exitCodeOf(fault.syscall, fault.err));
  __builtin_unreachable();
}

// A pid namespace whose first process has ended answers ENOMEM (pid_namespaces(7)).
const char* hintFor(int err) {
  if (err == EAGAIN) return "the container's pids limit is reached";
  return err == ENOMEM ? "the container has ended, or no memory is left" : "";
}

}  // namespace

// A page below it catches what would grow past its end.
Stack::Stack()
    : memory_(mmap(nullptr, kStackSize, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {
  if (memory_ == MAP_FAILED) throw SysError(kStep, "mmap", "", errno);
  check(mprotect(memory_, kGuardSize, PROT_NONE), kStep, "mprotect");
}

Stack::~Stack() { munmap(memory_, kStackSize); }

void* Stack::top() const { return static_cast<char*>(memory_) + kStackSize; }

// One is kept for the next; more are there only while several are on their way.
ExecChildren::Child& ExecChildren::idleChild() {
  Child* idle = nullptr;
  for (auto child = children_.begin(); child != children_.end();) {
    const bool running = std::atomic_ref(child->running).load(std::memory_order_acquire) != 0;
    if (running || idle == nullptr) {
      if (!running) idle = &*child;
      child++;
    } else {
      child = children_.erase(child);
    }
  }
  return idle != nullptr ? *idle : children_.emplace_back();
}

void ExecChildren::bear(ExecStart start, bool alone) {
  Child& child = idleChild();
  child.start = std::move(start);
  failPoint("fork exec");
  child.running = alone ? 0 : 1;
  const int flags = static_cast<int>(alone ? kBearAlone : kBearBeside);
  const pid_t pid =
      clone(childMain, child.stack.top(), flags, &child.start, nullptr, nullptr, &child.running);
  if (pid >= 0) return;
  const int saved = errno;
  child.running = 0;
  throw SysError(kStep, "clone", "", saved, hintFor(saved));
}

}  // namespace slipway
