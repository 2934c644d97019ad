// SPDX-License-Identifier: Apache-2.0
#include "container/namespaces.h"

#include <fcntl.h>
#include <sched.h>

#include <string_view>

#include "sys/error.h"
#include "sys/fd.h"
#include "sys/path.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

namespace slipway {
namespace {

constexpr const char* kStep = "join namespace";
constexpr const char* kNotRunning = "that container is not running";

struct Type {
  std::string_view name;
  unsigned flag;
};

constexpr Type kTypes[] = {{"user", CLONE_NEWUSER},   {"pid", CLONE_NEWPID},
                           {"network", CLONE_NEWNET}, {"ipc", CLONE_NEWIPC},
                           {"uts", CLONE_NEWUTS},     {"cgroup", CLONE_NEWCGROUP},
                           {"time", CLONE_NEWTIME},   {"mount", CLONE_NEWNS}};

}  // namespace

unsigned namespaceFlag(const std::string& type) {
  for (const Type& row : kTypes) {
    if (row.name == type) return row.flag;
  }
  throw SysError(kStep, "setns", type, EINVAL,
                 "namespace types are pid network mount ipc uts user cgroup time");
}

unsigned newNamespaces(const std::vector<spec::Namespace>& namespaces) {
  unsigned flags = 0;
  for (const spec::Namespace& wanted : namespaces) {
    if (wanted.path.empty()) flags |= namespaceFlag(wanted.type);
  }
  return flags;
}

int neighbourPidfd(const Neighbours& neighbours, const std::string& path) {
  const auto found = neighbours.find(path);
  if (found == neighbours.end()) throw SysError(kStep, "setns", path, ESRCH, kNotRunning);
  return found->second;
}

void joinNamespace(const spec::Namespace& wanted, const Neighbours& neighbours) {
  const int flag = static_cast<int>(namespaceFlag(wanted.type));
  if (wanted.isNeighbour()) {
    if (setns(neighbourPidfd(neighbours, wanted.path), flag) == 0) return;
    const int saved = errno;
    throw SysError(kStep, "setns", wanted.path, saved, saved == ESRCH ? kNotRunning : "");
  }
  const Fd fd(check(open(wanted.path.c_str(), O_RDONLY | O_CLOEXEC), kStep, "open", wanted.path));
  check(setns(fd.get(), flag), kStep, "setns", wanted.path);
}

void joinNamespaces(const std::vector<spec::Namespace>& namespaces, const Neighbours& neighbours) {
  for (const Type& row : kTypes) {
    if (row.flag == CLONE_NEWPID || row.flag == CLONE_NEWUSER) continue;
    for (const spec::Namespace& wanted : namespaces) {
      if (!wanted.path.empty() && wanted.type == row.name) joinNamespace(wanted, neighbours);
    }
  }
}

void enterTimeNamespace(const std::map<std::string, spec::TimeOffset>& offsets) {
  constexpr const char* step = "enter time namespace";
  check(unshare(CLONE_NEWTIME), step, "unshare");
  std::string text;
  for (const auto& [clock, offset] : offsets) {
    text +=
        clock + " " + std::to_string(offset.secs) + " " + std::to_string(offset.nanosecs) + "\n";
  }
  if (!text.empty()) writeFileAt(AT_FDCWD, "/proc/self/timens_offsets", text, 0, 0, step);
  // unshare(2) only sets the namespace of children; setns(2) moves the caller.
  const Fd children(check(open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC), step,
                          "open", "time_for_children"));
  check(setns(children.get(), CLONE_NEWTIME), step, "setns");
}

}  // namespace slipway
