// SPDX-License-Identifier: Apache-2.0
// Who is in a cgroup, and signals to all of them.
#include <fcntl.h>

#include <algorithm>
#include <vector>

#include "container/cgroup.h"
#include "container/cgroup_tree.h"
#include "sys/error.h"
#include "sys/kernel.h"

namespace slipway {
namespace {

constexpr const char* kList = "list cgroup processes";
constexpr const char* kKill = "kill cgroup";

std::vector<pid_t> pidsBelow(const CgroupDir& dir) {
  std::vector<pid_t> pids;
  walkCgroups(dir.baseFd, std::string(dir.name), [&](int parent, const std::string& name) {
    const CgroupDir folder{dir.hierarchy, parent, dir.base, name};
    // Empty too for a threaded v2 cgroup: its processes show in the one above.
    const std::string text = folder.readIfThere(kList, "cgroup.procs").value_or("");
    for (const std::string_view line : splitWords(text, '\n'))
      if (const auto pid = cgroupNumber(line)) pids.push_back(static_cast<pid_t>(*pid));
  });
  std::sort(pids.begin(), pids.end());
  return pids;
}

struct Target {
  pid_t pid;
  Fd pidfd;
};

// A pid may end and be given to a stranger after it was listed. Who is listed
// both before and after the pidfd was opened is no stranger.
size_t signalBatch(const CgroupDir& dir, const pid_t* pids, size_t count, int signal) {
  std::vector<Target> targets;
  for (size_t i = 0; i < count; ++i) {
    Fd pidfd(kernel::pidfdOpen(pids[i]));
    const int saved = errno;
    if (!pidfd && saved != ESRCH && saved != EINVAL)
      throw SysError(kKill, "pidfd_open", dir.path(), saved);
    if (pidfd) targets.push_back({pids[i], std::move(pidfd)});
  }
  const std::vector<pid_t> still = pidsBelow(dir);
  size_t sent = 0;
  for (const Target& target : targets) {
    if (!std::binary_search(still.begin(), still.end(), target.pid)) continue;
    const int failed = kernel::pidfdSendSignal(target.pidfd.get(), signal) < 0 ? errno : 0;
    if (failed && failed != ESRCH) throw SysError(kKill, "pidfd_send_signal", dir.path(), failed);
    sent += failed == 0;
  }
  return sent;
}

constexpr size_t kBatch = 128;  // of descriptors at a time

size_t signalThose(const CgroupDir& dir, const std::vector<pid_t>& pids, int signal) {
  size_t sent = 0;
  for (size_t at = 0; at < pids.size(); at += kBatch)
    sent += signalBatch(dir, pids.data() + at, std::min(kBatch, pids.size() - at), signal);
  return sent;
}

// Until a list shows nobody new: a process that was sent SIGKILL forks no more,
// but may have had a child after it was listed.
size_t killPasses(const CgroupDir& dir) {
  std::vector<pid_t> known;
  size_t sent = 0;
  for (int pass = 0; pass < 10; ++pass) {
    std::vector<pid_t> pids = pidsBelow(dir);
    if (std::ranges::includes(known, pids)) break;
    sent += signalThose(dir, pids, SIGKILL);
    known = std::move(pids);
  }
  return sent;
}

// Nobody waits until all stand still, which a process in an uninterruptible wait
// does not; the others are hindered from forking meanwhile.
bool tryBeginFreeze(Cgroup& cgroup) {
  try {
    cgroup.beginFreeze();
    return true;
  } catch (const SysError&) {
    // A fork bomb may then be faster than the passes; removing the cgroup kills once more.
    return false;
  }
}

}  // namespace

std::vector<pid_t> Cgroup::pids() const { return pidsBelow(primary()); }

bool Cgroup::isEmpty() const {
  const auto unified = v2();
  if (!unified) return made_.empty() || pids().empty();
  const auto events = unified->readIfThere(kList, "cgroup.events");
  return !events || cgroupField(*events, "populated").value_or(0) == 0;
}

bool Cgroup::killAll(int signal) {
  if (isEmpty()) return true;
  const auto unified = v2();
  // cgroup.kill (kernel 5.14): at once, also what is frozen or forking.
  if (signal == SIGKILL && unified && unified->has("cgroup.kill")) {
    unified->write(kKill, "cgroup.kill", "1");
    return false;
  }
  const bool paused = isFrozen();
  const bool began = !paused && tryBeginFreeze(*this);
  const size_t sent =
      signal == SIGKILL ? killPasses(primary()) : signalThose(primary(), pids(), signal);
  // A v1 freezer holds even the killed; a pause outlives any other signal.
  if (began || (paused && signal == SIGKILL)) thaw();
  return sent == 0;
}

}  // namespace slipway
